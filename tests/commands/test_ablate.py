"""`ablate`: its options, and what is shown."""

import json
from dataclasses import fields

import pytest

from rnnrepl.commands.ablate import ablate
from rnnrepl.errors import RnnreplError
from rnnrepl.results.inspection import Ablation
from rnnrepl.results.session import Notice
from tests import tiny
from tests.commands.conftest import shown


def test_the_options_reach_the_model(run, session, file):
    given = {"to": "mean", "match": "cat", "controls": 3, "seed": 4}
    records = run(ablate, file=file, unit=("1:2",), **given)
    expected = session.model.ablate([tiny.TEXT], ["1:2"], **given)
    assert [record for record in records if isinstance(record, Ablation)] == expected


def test_a_notice_names_the_ablated_units_that_are_clamped(run, file):
    records = run(ablate, file=file, unit=("1:2.c", "0:1", "1:2"), clamp=("1:2.c=-2,0:1=1",))
    notices = [record.text for record in records if isinstance(record, Notice)]
    assert notices == [
        "1:2.c is clamped: the change is from its clamped value.",
        "0:1 is clamped: the change is from its clamped value.",
    ]


def test_the_mean_of_a_clamped_unit_is_its_clamped_value(run, file):
    notice, *_, result = run(ablate, file=file, unit=("1:2",), clamp=("1:2=-0.5",), to="mean")
    assert notice.text.endswith("from its clamped value, which is also its mean.")
    assert result.change == pytest.approx(0, abs=1e-6)


def test_json_has_the_fields_of_the_contract(run, file):
    data = json.loads(shown(run(ablate, file=file, unit=("1:2",), match="cat"), "json"))
    names = ["units", "to", "nats_per_token", "ablated_nats_per_token", "change", "inside"]
    assert list(data)[:6] == names
    assert list(data) == [field.name for field in fields(Ablation) if field.name != "clamp"]
    assert data["units"] == ["1:2"] and len(data["controls"]) == 20


def test_a_table_stands_beside_its_controls_within_80_columns(run, file):
    lines = shown(run(ablate, file=file, unit=("1:2",), match="cat"), "table").splitlines()
    assert lines[0].split() == ["units", "change", "inside", "outside", "controls", "percentile"]
    assert lines[1].startswith("1:2 ") and " to " in lines[1]
    assert "6 of them inside" in lines[3] and max(map(len, lines)) <= 80
    ranked = shown(run(ablate, file=file, rank=4), "table").splitlines()
    assert len(ranked) == 7 and " – " in ranked[1]


@pytest.mark.parametrize("given", [{}, {"unit": ("1:2",), "rank": 2}])
def test_units_are_given_or_ranked(run, file, given):
    with pytest.raises(RnnreplError, match="ablate takes --unit or --rank"):
        run(ablate, file=file, **given)
