"""`activations`: of a text, of a file, and into a file."""

import json
from io import StringIO

import numpy as np
import pytest

from rnnrepl.commands.activations import activations
from rnnrepl.errors import RnnreplError
from rnnrepl.render import Screen
from rnnrepl.results.inspection import Activations
from tests import tiny


def test_the_options_reach_the_model(run, session):
    (record,) = run(activations, text="the cat", unit=("1:2",), signal="c")
    assert record == session.model.activations("the cat", units=["1:2"], signal="c")


def test_a_file_is_one_text(run, session, tmp_path):
    (tmp_path / "text.txt").write_text(tiny.TEXT)
    (record,) = run(activations, file=tmp_path / "text.txt", top=2)
    assert record == session.model.activations(tiny.TEXT, top=2)


def test_a_clamped_unit_has_its_value_at_every_token(run):
    (record,) = run(activations, text="the", unit=("1:2",), clamp=("1:2=0.5",))
    assert record.units == {"1:2": (0.5, 0.5, 0.5)}


def test_json_has_the_fields_of_the_contract(run):
    stdout = StringIO()
    Screen(stdout=stdout).show(run(activations, text="th", unit=("0:1",)), "json")
    data = json.loads(stdout.getvalue())
    assert data["text"] == "th" and data["signal"] == "h"
    assert data["tokens"][1] == {"text": "h", "start": 1, "end": 2}
    assert len(data["units"]["0:1"]) == 2


def test_out_writes_all_units_of_a_file(run, tmp_path):
    (tmp_path / "text.txt").write_text(tiny.TEXT)
    *progress, notice = run(activations, file=tmp_path / "text.txt", out=tmp_path / "t.npz")
    assert progress[-1].done == progress[-1].total == len(tiny.TEXT)
    assert notice.text == f"h of 16 units is in {tmp_path / 't.npz'}."
    assert np.load(tmp_path / "t.npz")["values"].shape == (len(tiny.TEXT), 16)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "activations takes a text, or --file FILE"),
        ({"text": "the", "out": "x.npz"}, "--out writes all units of --file"),
        ({"file": "-", "out": "x.npz"}, "give a file instead of standard input"),
        ({"file": "text.txt", "out": "x.txt"}, r"give a name such as x\.npz"),
    ],
)
def test_what_does_not_go_together_is_an_error(run, given, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("the")
    paths = {name: tmp_path.__class__(given[name]) for name in ("file", "out") if name in given}
    with pytest.raises(RnnreplError, match=message):
        assert not [r for r in run(activations, **given | paths) if isinstance(r, Activations)]
