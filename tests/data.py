"""Real text, where there is some: in `$RNNREPL_DATA`, or in `shared/data` beside the checkout."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def corpus(name):
    """The text of a corpus; without it the test is skipped."""
    path = Path(os.environ.get("RNNREPL_DATA", BESIDE)) / name
    if not path.exists():
        pytest.skip(f"needs {name} in $RNNREPL_DATA")
    return path.read_text(encoding="utf-8")
