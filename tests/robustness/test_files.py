"""1,000 mutated checkpoints of others and data files: a result, or one sentence."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.robustness import FIRST, SCALE
from tests.robustness.test_models import MEMORY

ROOT = Path(__file__).parents[2]
COUNT = 500


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
@pytest.mark.parametrize("kind", ["checkpoints", "data"])
def test_mutated_files_give_a_result_or_one_sentence(kind):
    pytest.importorskip("h5py")
    words = [
        sys.executable,
        "-m",
        "tests.robustness.files",
        kind,
        str(COUNT * FIRST),
        str(COUNT * SCALE),
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MEMORY
