"""Training runs in the background: the status line and the messages at the prompt."""

import pytest

from rnnrepl.files import paths
from rnnrepl.repl.background import BackgroundRuns
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.runs.lock import hold_lock
from tests.training.runs.test_registry import ENDED, EVALUATED, PROGRESS, STARTED


@pytest.fixture
def folder():
    folder = RunFolder(paths.user_models() / "moby")
    (folder.path / "training").mkdir(parents=True)
    for event in (STARTED, PROGRESS, EVALUATED):
        folder.append(event)
    return folder


def test_without_active_runs_there_is_no_status_line(folder):
    background = BackgroundRuns()
    assert background.status_line(80) == "" and list(background.messages([])) == []


def test_an_active_run_has_a_status_line_and_an_ended_run_a_message(folder):
    background = BackgroundRuns(interval=0.0)
    with hold_lock(folder.path):
        assert background.status_line(80) == " moby 20% · 5.050 bits/char · 0:06 left"
        assert list(background.messages([])) == []
        folder.append(ENDED)
    assert background.status_line(80) == " moby done · 4.330 bits/char"
    assert list(background.messages([])) == ["moby done · 4.330 bits/char; :load moby opens it."]
    assert background.status_line(80) == ""


def test_a_run_whose_end_a_command_has_shown_has_no_message(folder):
    background, reported = BackgroundRuns(interval=0.0), [folder.path]
    with hold_lock(folder.path):
        assert list(background.messages(reported)) == [] and reported == [folder.path]
        folder.append(ENDED)
    assert list(background.messages(reported)) == [] == reported
    assert background.status_line(80) == ""


def test_the_name_of_an_ended_run_is_quoted_for_load():
    folder = RunFolder(paths.user_models() / "my run")
    (folder.path / "training").mkdir(parents=True)
    folder.append(STARTED)
    background = BackgroundRuns(interval=0.0)
    with hold_lock(folder.path):
        background.runs()
    assert next(background.messages([])).endswith("; :load 'my run' opens it.")


def test_a_run_whose_folder_has_been_moved_is_not_said_to_open(folder):
    background = BackgroundRuns(interval=0.0)
    with hold_lock(folder.path):
        background.runs()
    folder.path.rename(paths.user_models() / "elsewhere")
    gone = f"moby: its folder {folder.path} has been moved or removed."
    assert list(background.messages([])) == [gone] and not list(background.messages([]))


@pytest.mark.parametrize("width", [10, 40])
def test_the_status_line_never_exceeds_the_width(folder, width):
    with hold_lock(folder.path):
        assert len(BackgroundRuns().status_line(width)) == min(width, 39)


def test_leaving_names_the_runs_that_are_still_running(folder, type_keys):
    with hold_lock(folder.path):
        _, stderr = type_keys()
    assert "moby is still running; `rnnrepl watch moby` shows it." in stderr.splitlines()[-1]


def test_no_exception_of_looking_for_runs_reaches_the_prompt(monkeypatch):
    monkeypatch.setattr("rnnrepl.training.runs.registry.active", lambda: 1 / 0)
    assert BackgroundRuns().status_line(80) == "" and not list(BackgroundRuns().messages([]))
