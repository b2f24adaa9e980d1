"""2,025 mutated model folders: every command ends with a result or with one sentence."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from rnnrepl import tokenizer
from tests.robustness import FIRST, SCALE

ROOT = Path(__file__).parents[2]
COUNT = 225  # folders for each of the nine tokenizers, over all cells
MEMORY = 2 << 20  # KiB that the process, or one that it starts, may have at a time


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither pipes nor such limits")
@pytest.mark.parametrize("kind", tokenizer.names())
def test_mutated_models_give_a_result_or_one_sentence(kind):
    words = [
        sys.executable,
        "-m",
        "tests.robustness.models",
        kind,
        str(COUNT * FIRST),
        str(COUNT * SCALE),
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MEMORY
