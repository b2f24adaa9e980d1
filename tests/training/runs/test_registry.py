"""The list of runs, and selecting runs from it."""

from dataclasses import replace

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.events import RunEnded, RunEvaluated, RunFailed, RunProgress, RunStarted
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.runs.lock import hold_lock

STARTED = RunStarted(
    "run", "cpu", "float32", "char", "character", 66, "lstm", (8,), 9, 90, 10, None, 2.0, time=1.0
)
PROGRESS = RunProgress(3, 0.1, 0.2, 1.5, 6.0, 4.1, 0.004, 1000.0)
EVALUATED = RunEvaluated(3, 2.0, 3.5, 33.1, 5.05, 0, True)
ENDED = RunEnded("run", "done", 9, 7.5, 1000.0, 3.0, 20.1, 4.33)


@pytest.fixture
def make(tmp_path):
    def make(folder, *events):
        run = RunFolder(folder)
        (folder / "training").mkdir(parents=True)
        for event in events:
            run.append(event)
        registry.register(folder)
        return folder

    return make


def model_folder(name):
    return paths.user_models() / name


def test_runs_in_the_model_folder_and_elsewhere_are_listed_once(make, tmp_path):
    named, other = make(model_folder("moby"), STARTED), make(tmp_path / "other", STARTED)
    registry.register(other)
    assert registry.folders() == [named, other]
    assert [run.name for run in registry.runs()] == ["moby", str(other)]
    (other / "training/events.jsonl").unlink()
    assert registry.folders() == [named]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([ENDED], "done"),
        ([replace(ENDED, stopped="interrupted")], "stopped"),
        ([RunFailed("run", 3, 1.5, "The disk is full.")], "failed"),
        ([], "killed"),
        ([ENDED, replace(STARTED, resumed=True)], "killed"),
    ],
)
def test_the_state_of_a_run_that_has_ended(make, events, state):
    make(model_folder("run"), STARTED, PROGRESS, EVALUATED, *events)
    (run,) = registry.runs()
    assert (run.state, run.done, run.seconds_left) == (state, 0.2, None)
    assert run.bits_per_char == (4.33 if state in ("done", "stopped") else 5.05)


def test_an_active_run_comes_first_with_its_remaining_time(make):
    make(model_folder("new"), replace(STARTED, time=3.0), ENDED)
    make(model_folder("old"), STARTED, PROGRESS)
    with hold_lock(model_folder("old")):
        first, second = registry.runs()
    assert (first.name, first.state, first.seconds_left) == ("old", "running", 6.0)
    assert (second.name, second.state) == ("new", "done")


def test_a_run_is_found_by_name_or_as_the_only_active_one(make, tmp_path):
    named, other = make(model_folder("moby"), STARTED), make(tmp_path / "other", STARTED)
    assert registry.find("moby") == named and registry.find(str(other)) == other
    with pytest.raises(RnnreplError, match=r"no run 'mob'. Did you mean 'moby'"):
        registry.find("mob")
    with pytest.raises(RnnreplError, match="No run is in progress"):
        registry.find("")
    with hold_lock(other):
        assert registry.find("") == other
        with (
            hold_lock(named),
            pytest.raises(RnnreplError, match="2 runs are in progress: give one"),
        ):
            registry.find("")
