"""flair: scores equal those that flair computed."""

import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, torch_file
from tests.importers.originals import HERE, check, imported

KINDS = {"flair": "lstm", "flair-projected": "gru", "flair-backward": "lstm"}


@pytest.mark.needs_torch
@pytest.mark.parametrize("name", KINDS)
def test_scores_equal_flair(name, tmp_path):
    model = imported(f"{name}.pt", tmp_path / "model")
    assert (model.start, model.card.network.cell) == ("\n", KINDS[name])
    assert model.card.network.projection == (3 if name == "flair-projected" else None)
    check(name, model)


def test_encodes_characters_as_flair_does(tmp_path):
    tokenizer = imported("flair.pt", tmp_path / "model").tokenizer
    assert tokenizer.tokens[:2] == ["<unk>", "\n"] and "ï" in tokenizer.tokens
    assert tokenizer.ids("ï").tolist() == [tokenizer.tokens.index("ï")]


def test_a_backward_model_has_a_note():
    assert importers.read(CheckpointFile(HERE / "flair.pt")).notes == ()
    (note,) = importers.read(CheckpointFile(HERE / "flair-backward.pt")).notes
    assert "reverse each text" in note


def test_refuses_a_model_without_a_decoder():
    file = CheckpointFile(HERE / "flair.pt")
    file.torch = torch_file.read(file.content)
    for name in ("decoder.weight", "decoder.bias"):
        del file.torch["state_dict"][name]
    with pytest.raises(RnnreplError, match="no decoder"):
        importers.read(file)


@pytest.mark.parametrize("items", [None, ["a"], [b"\xff"], b"ab"])
def test_refuses_a_malformed_dictionary(items):
    file = CheckpointFile(HERE / "flair.pt")
    file.torch = torch_file.read(file.content)
    file.torch["dictionary"].attributes["idx2item"] = items
    with pytest.raises(RnnreplError, match="its dictionary is"):
        importers.read(file)
