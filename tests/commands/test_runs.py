"""`runs`, `watch` and `stop`: runs of other processes, seen and ended."""

import signal

import pytest

from rnnrepl.commands.runs import runs
from rnnrepl.commands.stop import stop
from rnnrepl.commands.watch import watch
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.results.runs import RunInfo
from rnnrepl.training.runs.events import RunFailed, RunProgress
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.runs.follow import TrainingProcess
from tests.training import tiny
from tests.training.runs.test_registry import ENDED, PROGRESS, STARTED


@pytest.fixture
def going_on(tmp_path, monkeypatch):
    """A run of another process that would take long."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    corpus, folder = tiny.corpus(tmp_path), paths.user_models() / "long"
    sizes = ["--hidden", "8", "--batch", "4", "--bptt", "8", "--precision", "float32"]
    trainer = TrainingProcess([str(corpus), "--out", str(folder), "--minutes", "9", *sizes], folder)
    trainer.detach()
    list(trainer.events())
    yield folder
    trainer.interrupt()


def ended(name, *events):
    folder = RunFolder(paths.user_models() / name)
    (folder.path / "training").mkdir(parents=True)
    for event in (STARTED, PROGRESS, *events):
        folder.append(event)
    return folder.path


def test_without_runs_one_is_told_how_to_begin(run):
    assert "no runs yet" in run(runs)[0].text


def test_a_run_that_gets_ready_is_listed(run, session):
    session.getting_ready.append("book-char")
    assert [notice.text for notice in run(runs)] == ["book-char is getting ready."]


@pytest.mark.needs_torch
def test_a_run_is_listed_watched_and_ended(run, session, going_on):
    (listed,) = run(runs)
    assert isinstance(listed, RunInfo) and (listed.name, listed.state) == ("long", "running")

    watched = watch.records(None, {})
    assert "the run continues" in next(watched).text
    next(event for event in watched if isinstance(event, RunProgress))
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        list(watched)
    assert run(runs)[0].state == "running"

    *asked, told = run(stop)
    assert session.reported == [going_on] and len(asked) <= 1
    assert told.text.startswith("long: stopped, model saved · best ")
    assert run(runs)[0].state == "stopped"


def test_a_run_that_has_ended_is_told_once_more(run):
    ended("over", ENDED)
    assert run(watch, run="over") == [STARTED, PROGRESS, ENDED]


def test_a_run_that_failed_or_was_killed_is_watched_to_that_end(run):
    ended("broken", RunFailed("broken", 3, 1.5, "The disk is full."))
    with pytest.raises(RnnreplError, match="The disk is full"):
        run(watch, run="broken")
    folder = ended("gone")
    with pytest.raises(RnnreplError, match=f"was killed; `rnnrepl train --resume {folder}`"):
        run(watch, run="gone")


def test_only_what_goes_on_can_be_ended(run):
    ended("over", ENDED)
    with pytest.raises(RnnreplError, match="over is not running"):
        run(stop, run="over")
