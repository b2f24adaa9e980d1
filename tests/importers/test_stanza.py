"""stanza: scores equal those that stanza computed, with its trained initial state."""

import pytest

from rnnrepl import importers
from rnnrepl.importers import CheckpointFile
from tests.importers.originals import HERE, check, imported


@pytest.mark.needs_torch
@pytest.mark.parametrize("name", ["stanza", "stanza-cells", "stanza-backward"])
def test_scores_equal_stanza(name, tmp_path):
    model = imported(f"{name}.pt", tmp_path / "model")
    assert model.start == "\n" and model.card.network.initial == "learnt"
    check(name, model)


def test_characters_keep_their_ids(tmp_path):
    tokens = imported("stanza.pt", tmp_path / "model").tokenizer.tokens
    assert tokens[:4] == ["<PAD>", "<unk>", "<EMPTY>", "<ROOT>"]
    assert {"\n", " ", "a"} < set(tokens[4:])


def test_a_backward_model_has_a_note():
    assert importers.read(CheckpointFile(HERE / "stanza.pt")).notes == ()
    (note,) = importers.read(CheckpointFile(HERE / "stanza-backward.pt")).notes
    assert "reverse each text" in note
