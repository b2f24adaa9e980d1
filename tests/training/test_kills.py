"""Killed runs, when resumed, end with the same weights as a run that was never killed."""

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

import rnnrepl
from rnnrepl.training.runs.events import RunEnded, RunProgress, RunStarted
from rnnrepl.training.runs.follow import Follower
from tests.training import tiny
from tests.training.killing import MINUTES

ROOT = Path(__file__).parents[2]
WEIGHTS = ("weights.safetensors", "training/state.safetensors")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of the runs of `tests.training.killing`, and the numbers that it printed."""
    folder = tmp_path_factory.mktemp("killed")
    words = ["-m", "tests.training.killing", str(tiny.corpus(folder)), str(folder / "runs")]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "runs", [*map(float, done.stdout.split())]


def test_a_killed_run_ends_with_the_very_weights_of_one_that_never_was(killed):
    """At random moments, and at the beginnings of syncs, renamings and new folders."""
    folder, (often, last, _) = killed
    assert often >= 2 and last > 20
    runs = [folder / "whole", folder / "often", *folder.glob("at-*")]
    ends = [[load_file(run / name) for name in WEIGHTS] for run in runs]
    assert len(ends) > 4
    for end in ends:
        for arrays, expected in zip(end, ends[0], strict=True):
            assert arrays.keys() == expected.keys()
            assert all((arrays[name] == expected[name]).all() for name in arrays)


def test_a_killed_run_in_minutes_goes_on_with_those_that_are_left(killed):
    folder, (*_, share) = killed
    told = [*Follower(folder / "timed").read()]
    *_, resumed = (at for at, event in enumerate(told) if isinstance(event, RunStarted))
    first = next(event for event in told[resumed:] if isinstance(event, RunProgress))
    assert told[resumed].resumed and first.done >= share > 0
    assert isinstance(told[-1], RunEnded) and told[-1].stopped == "done"
    assert told[-1].seconds >= 60 * MINUTES
    assert rnnrepl.load(folder / "timed").score("so it is.").bits_per_char < 6
