"""`check`: every figure is shown, and one that is off fails the command."""

import pytest

from rnnrepl import checks
from rnnrepl.commands.check import check
from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.results.models import Check
from tests import tiny


@pytest.mark.needs_torch
def test_a_model_that_is_right_is_examined_and_nothing_is_raised(run):
    result = run(check)
    assert result and all(entry.ok for entry in result)


def test_a_text_may_be_given_and_its_beginning_is_enough(run, tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "PIECE", 30)
    texts = []
    monkeypatch.setattr(checks, "examine", lambda model, text: texts.append(text) or [])
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT)
    run(check, file=path)
    assert texts == [tiny.TEXT[:30]]


def test_every_figure_comes_before_the_failure(session, monkeypatch):
    good, bad = Check("good", 0.0, 1e-4, True), Check("bad", 1.0, 1e-4, False)
    monkeypatch.setattr(checks, "examine", lambda model, text: [bad, good])
    records = check.records(session, session.settings.complete(check, {}))
    assert [next(records), next(records)] == [bad, good]
    with pytest.raises(RnnreplError, match="1 of its checks") as caught:
        next(records)
    assert caught.value.exit_code == 1
