"""The runs behind the prompt: what the toolbar and the next line say of them."""

import pytest

from rnnrepl.files import paths
from rnnrepl.repl import background
from rnnrepl.repl.background import Background
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.runs.lock import hold_lock
from tests.training.runs.test_registry import ENDED, EVALUATED, PROGRESS, STARTED


@pytest.fixture
def folder(monkeypatch):
    monkeypatch.setattr(background, "PAUSE", 0.0)
    folder = RunFolder(paths.user_models() / "moby")
    (folder.path / "training").mkdir(parents=True)
    for event in (STARTED, PROGRESS, EVALUATED):
        folder.append(event)
    return folder


def test_where_nothing_goes_on_there_is_no_line(folder):
    assert Background().line(80) == "" and list(Background().ended()) == []


def test_a_run_has_a_line_while_it_goes_on_and_a_sentence_when_it_has_ended(folder):
    behind = Background()
    with hold_lock(folder.path):
        assert behind.line(80) == " moby 20% · 5.050 bits/char · 0:06 left"
        assert list(behind.ended()) == []
        folder.append(ENDED)
    assert behind.line(80) == " moby done · 4.330 bits/char"
    assert list(behind.ended()) == ["moby done · 4.330 bits/char; :load moby takes it up."]
    assert behind.line(80) == ""


def test_a_run_that_has_ended_is_named_as_load_takes_it():
    folder = RunFolder(paths.user_models() / "my run")
    (folder.path / "training").mkdir(parents=True)
    folder.append(STARTED)
    behind = Background()
    with hold_lock(folder.path):
        behind.look()
    assert next(behind.ended()).endswith("; :load 'my run' takes it up.")


@pytest.mark.parametrize("width", [10, 40])
def test_the_line_never_exceeds_the_screen(folder, width):
    with hold_lock(folder.path):
        assert len(Background().line(width)) == min(width, 39)


def test_leaving_says_what_goes_on(folder, talk):
    with hold_lock(folder.path):
        _, stderr = talk()
    assert "moby goes on; `rnnrepl watch moby` shows it." in stderr.splitlines()[-1]
