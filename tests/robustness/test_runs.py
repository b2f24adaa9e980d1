"""2,000 mutated run states and logs, resumed and listed: no traceback, no effect outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.robustness import seeds
from tests.robustness.runs import BOUNDS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")


@pytest.mark.parametrize("seed", seeds(4))
def test_mutated_runs_are_refused_or_used_and_nothing_else(tmp_path, home, seed):
    """In a process of its own, which a signal would end."""
    words = [sys.executable, "-m", "tests.robustness.runs", "500", str(seed), str(tmp_path)]
    environ = os.environ | {"OMP_NUM_THREADS": "1"}
    run = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert min(result["refused"], result["used"]) > 100
    assert all(result[name] <= bound for name, bound in BOUNDS.items()), result
