"""`neurons`: what is searched for, where, and what is shown."""

import json
from io import StringIO

import pytest

from rnnrepl.commands.neurons import neurons
from rnnrepl.errors import RnnreplError
from rnnrepl.render import Screen
from rnnrepl.results.inspection import LayerProbe, UnitResponse
from rnnrepl.results.session import Notice
from tests import tiny


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT * 4)
    return path


def test_the_options_reach_the_model(run, session, file):
    records = run(neurons, file=file, match="cat|dog", top=3, probe=True)
    expected = session.model.neurons([tiny.TEXT * 4], match="cat|dog", top=3, probe=True)
    assert [r for r in records if isinstance(r, UnitResponse | LayerProbe)] == expected
    assert isinstance(records[-1], Notice)


def test_labels_are_read_from_a_file(run, session, file, tmp_path):
    (tmp_path / "labels").write_text("4 7\n200 203\n")
    records = run(neurons, file=file, labels=tmp_path / "labels", top=1)
    expected = session.model.neurons([tiny.TEXT * 4], labels=[(4, 7), (200, 203)], top=1)
    assert [r for r in records if isinstance(r, UnitResponse)] == expected


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("4 7\n\n5 3\n", r"bad\.txt', line 3: A label is .* with START <= END, not 5 3\."),
        ("4 7\nx 3\n", r"bad\.txt', line 2: A label is a span START END of characters\."),
        ("4 7\n1 999999\n9 10\n", r"bad\.txt', line 2: The label 1 999999 ends after the text"),
    ],
)
def test_a_bad_label_is_named_with_its_file_and_line(run, file, tmp_path, lines, message):
    (tmp_path / "bad.txt").write_text(lines)
    with pytest.raises(RnnreplError, match=message):
        run(neurons, file=file, labels=tmp_path / "bad.txt")


def test_json_has_the_fields_of_the_contract(run, file):
    stdout = StringIO()
    Screen(stdout=stdout, stderr=StringIO()).show(run(neurons, file=file, feature="vowel"), "json")
    lines = list(map(json.loads, stdout.getvalue().splitlines()))
    names = [
        "unit",
        "signal",
        "auc",
        "auc_train",
        "threshold",
        "direction",
        "p",
        "positives",
        "negatives",
    ]
    assert len(lines) == 10 and list(lines[0])[:9] == names


def test_tables_show_units_and_probes_within_80_columns(run, file):
    stdout = StringIO()
    records = run(neurons, file=file, feature="vowel", top=2, probe=True)
    Screen(stdout=stdout, stderr=StringIO()).show(records, "table")
    lines = stdout.getvalue().splitlines()
    assert lines[0].split() == [
        "unit",
        "signal",
        "AUC",
        "AUC",
        "(ranking",
        "half)",
        "feature",
        "if",
        "value",
        "p,",
        "corrected",
    ]
    assert lines[3].startswith("feature: vowel") and max(map(len, lines)) <= 80
    assert any("shuffled labels" in line for line in lines[5:])


def test_tsv_has_a_column_a_field(run, file):
    stdout = StringIO()
    Screen(stdout=stdout, stderr=StringIO()).show(run(neurons, file=file, feature="line"), "tsv")
    header, *rows = stdout.getvalue().splitlines()
    assert header.startswith("unit\tsignal\tauc\tauc_train\tthreshold\tdirection\tp\tpositives")
    assert len(rows) == 10


@pytest.mark.parametrize("given", [{}, {"match": "a", "feature": "line"}])
def test_one_feature_is_searched_for(run, file, given):
    with pytest.raises(RnnreplError, match="one of --match, --labels and --feature"):
        run(neurons, file=file, **given)
