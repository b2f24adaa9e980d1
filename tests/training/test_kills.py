"""Real runs, killed for good at many moments: what they end with once they may go on."""

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from tests.training import tiny

ROOT = Path(__file__).parents[2]
WEIGHTS = ("weights.safetensors", "training/state.safetensors")


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_killed_run_ends_with_the_very_weights_of_one_that_never_was(tmp_path):
    """At random moments, and at the beginnings of syncs, renamings and new folders."""
    words = ["-m", "tests.training.killing", str(tiny.corpus(tmp_path)), str(tmp_path / "runs")]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    often, last = map(int, done.stdout.split())
    assert often >= 2 and last > 20
    runs = (tmp_path / "runs").glob("[!.]*")
    ends = [[load_file(run / name) for name in WEIGHTS] for run in runs]
    assert len(ends) > 8
    for end in ends:
        for one, other in zip(end, ends[0], strict=True):
            assert one.keys() == other.keys()
            assert all((one[name] == other[name]).all() for name in one)
