"""Compares imported models with the scores that their own programs computed."""

import json
from pathlib import Path

import pytest

from rnnrepl import importers
from rnnrepl.importers import CheckpointFile
from rnnrepl.model import load

HERE = Path(__file__).parent / "fixtures"
WORDS = HERE / "words.txt"


def imported(name, folder, **options):
    """Imports a fixture into a folder and loads it."""
    file = CheckpointFile(HERE / name, **options)
    importers.read(file).write(folder, file.origin())
    return load(folder)


def check(name, model):
    """Asserts that every token scores as in NAME.json within 1e-5 nats, on numpy and torch."""
    texts = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    for runtime in (model, model.on("cpu:0")):
        for text, nats in texts.items():
            tokens = runtime.score(text, unit="nats").tokens
            assert [token.surprisal for token in tokens] == pytest.approx(nats, abs=1e-5), text
