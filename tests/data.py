"""Corpora for tests: in `$RNNREPL_DATA`, or in `shared/data` next to the checkout."""

import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"


def corpus(name):
    """The text of a corpus; skips the test if there is none."""
    path = Path(os.environ.get("RNNREPL_DATA", DEFAULT)) / name
    if not path.exists():
        pytest.skip(f"needs {name} in $RNNREPL_DATA")
    return path.read_text(encoding="utf-8")
