"""Which runs there are, and which one is meant."""

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


def mine(name):
    return paths.user_models() / name


def test_every_run_is_found_wherever_it_lies_and_once(make, tmp_path):
    one, other = make(mine("one"), STARTED), make(tmp_path / "other", STARTED)
    registry.register(other)
    assert registry.folders() == [one, other]
    assert [run.name for run in registry.runs()] == ["one", str(other)]
    (other / "training/events.jsonl").unlink()
    assert registry.folders() == [one]


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
def test_a_run_that_does_not_go_on_says_how_it_ended(make, events, state):
    make(mine("run"), STARTED, PROGRESS, EVALUATED, *events)
    (run,) = registry.runs()
    assert (run.state, run.done, run.seconds_left) == (state, 0.2, None)
    assert run.bits_per_char == (4.33 if state in ("done", "stopped") else 5.05)


def test_a_run_that_goes_on_comes_first_and_says_how_long_still(make):
    make(mine("new"), replace(STARTED, time=3.0), ENDED)
    make(mine("old"), STARTED, PROGRESS)
    with hold_lock(mine("old")):
        first, second = registry.runs()
    assert (first.name, first.state, first.seconds_left) == ("old", "running", 6.0)
    assert (second.name, second.state) == ("new", "done")


def test_a_run_is_named_or_is_the_only_one_that_goes_on(make, tmp_path):
    one, other = make(mine("one"), STARTED), make(tmp_path / "other", STARTED)
    assert registry.find("one") == one and registry.find(str(other)) == other
    with pytest.raises(RnnreplError, match=r"no run 'on'. Did you mean 'one'"):
        registry.find("on")
    with pytest.raises(RnnreplError, match="No run is going on"):
        registry.find("")
    with hold_lock(other):
        assert registry.find("") == other
        with hold_lock(one), pytest.raises(RnnreplError, match="2 runs are going on: name one"):
            registry.find("")
