"""What the programs that a model comes from say of texts, and what we say of them."""

import json
from pathlib import Path

import pytest

from rnnrepl import importers
from rnnrepl.importers import Source
from rnnrepl.model import load

HERE = Path(__file__).parent / "fixtures"
WORDS = HERE / "words.txt"


def imported(name, folder, **given):
    """The model that a fixture becomes, loaded."""
    source = Source(HERE / name, **given)
    importers.read(source).write(folder, source.origin())
    return load(folder)


def check(name, model):
    """Each token of each text costs what its program says, within 1e-5 nats, on numpy and torch."""
    texts = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    for one in (model, model.on("cpu:0")):
        for text, nats in texts.items():
            found = one.score(text, unit="nats")
            assert [token.surprisal for token in found.tokens] == pytest.approx(nats, abs=1e-5), (
                text
            )
