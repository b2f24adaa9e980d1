"""1,000 configurations and 10,000 command lines of the shell: a result, or one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.robustness import seeds
from tests.robustness.shell import BOUNDS

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither pipes nor alarms")
@pytest.mark.parametrize(
    ("kind", "count", "seed"),
    [
        *(("configurations", 1000, seed) for seed in seeds(1)),
        *(("lines", 2500, seed) for seed in seeds(4)),
    ],
)
def test_generated_input_gives_a_result_or_one_sentence(tmp_path, kind, count, seed):
    words = [sys.executable, "-m", "tests.robustness.shell", kind, str(count), str(seed)]
    environ = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*words, str(tmp_path)], cwd=ROOT, env=environ, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    codes = result["codes"]
    if kind == "configurations":  # what is illegal is ignored with a notice
        assert codes["0"] > count * 0.9
    else:
        assert codes["0"] > count / 10 and codes["2"] > count / 10
    assert all(result[name] <= bound for name, bound in BOUNDS.items()), result
