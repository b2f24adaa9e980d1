"""The page on exporting: its examples, run, compute what `score` does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnnrepl import checkpoint, exporters
from rnnrepl.checkpoint import registry
from rnnrepl.model import load

PAGE = (Path(__file__).parents[2] / "docs" / "exporting.md").read_text(encoding="utf-8")
OUT = {"onnx": "model.onnx", "torch": "."}


@pytest.mark.parametrize("format", ["onnx", pytest.param("torch", marks=pytest.mark.needs_torch)])
def test_the_example_computes_the_surprisal_of_a_text(format, tmp_path):
    folder, _ = registry.resolve("shakespeare-char")
    exporters.write(checkpoint.read(folder), format, tmp_path / OUT[format])
    code = dict(zip(OUT, re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), strict=True))[format]
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    expected = load("shakespeare-char").score("to be or not to be").total
    assert float(run.stdout) == pytest.approx(expected, rel=1e-5)
