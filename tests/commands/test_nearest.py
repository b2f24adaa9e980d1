"""`nearest`: the options, the conversation, and the formats."""

import json
from io import StringIO

import pytest
from rich.cells import cell_len

from rnnrepl.commands.nearest import nearest
from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.render import Screen
from rnnrepl.repl.completions import values
from rnnrepl.repl.dispatch import execute
from rnnrepl.results.inspection import NearestPlace
from tests import tiny


@pytest.fixture
def file(tmp_path):
    (tmp_path / "text.txt").write_text(tiny.TEXT)
    return tmp_path / "text.txt"


def test_the_options_reach_the_model(run, session, file):
    given = {"text": "the", "top": 3, "layer": 0, "signal": "c"}
    records = run(nearest, file=(file,), clamp=("1:2=1",), **given)
    places = [record for record in records if not isinstance(record, Progress)]
    assert places == session.model.clamped(["1:2=1"]).nearest([tiny.TEXT], **given)
    assert records[0].total == len(tiny.TEXT)


def test_at_the_prompt_the_state_is_that_of_the_conversation(run, prompt, file):
    with pytest.raises(RnnreplError, match="nearest needs --text"):
        run(nearest, file=(file,))
    assert execute(":gen --length 0 the cat sat", prompt, Screen(interface="prompt"))
    places = [record for record in run(nearest, file=(file,)) if isinstance(record, NearestPlace)]
    assert (places[0].position, places[0].context) == (11, "the cat sat")
    places = [r for r in run(nearest, file=(file,), text=" on") if isinstance(r, NearestPlace)]
    assert places[0].context == "the cat sat on"


def test_json_has_the_fields_of_the_contract(run, file):
    stdout = StringIO()
    Screen(stdout=stdout).show(run(nearest, file=(file,), text="the", top=2), "json")
    rows = [json.loads(line) for line in stdout.getvalue().splitlines()]
    assert len(rows) == 2
    assert list(rows[0])[:4] == ["position", "context", "next", "similarity"]
    assert rows[0]["context"] == "the" and rows[0]["next"] == " "


@pytest.mark.parametrize("width", [40, 80])
def test_the_table_fits_the_screen(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    stdout = StringIO()
    place = NearestPlace(1234, "한국어\n" * 10, "x", 0.98765, "\tfollowing\x1b[0m" * 5)
    Screen(stdout=stdout).show([place], "table")
    header, row = stdout.getvalue().splitlines()
    assert header.split() == ["cosine", "position", "before", "after"]
    assert row.startswith("0.9877") and "1,234" in row and "한국어⏎" in row and "\x1b" not in row
    assert cell_len(row) <= width


def test_layers_are_completed(prompt):
    parameter = next(p for p in nearest.options if p.name == "layer")
    assert list(values(parameter, "", [], prompt)) == [("0", "8 units"), ("1", "8 units")]
