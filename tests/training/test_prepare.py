"""What a new run stores in its model."""

import json

import pytest

from rnnrepl import checkpoint
from tests.training.tiny import TEXT, run

pytestmark = pytest.mark.needs_torch


def test_a_model_of_words_has_the_counts_of_its_training_text(tmp_path):
    list(run(tmp_path, tokenizer="word", split=0.5))
    model = checkpoint.read(tmp_path / "run")
    ids = model.tokenizer.ids(TEXT[: len(TEXT) // 2]).tolist()
    counts = [ids.count(id) for id in range(len(model.tokenizer.tokens))]
    word = model.tokenizer.tokens.index("times")
    assert model.card.counts[word] == counts[word] > 40
    # The end of the text may be cut in the middle of a word or a paragraph.
    differences = [abs(a - b) for a, b in zip(model.card.counts, counts, strict=True)]
    assert sum(differences) <= 2


def test_a_model_of_characters_has_no_counts(tmp_path):
    list(run(tmp_path))
    assert "counts" not in json.loads((tmp_path / "run" / "model.json").read_text())
