"""flair's character models: the scores that flair computed."""

import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import Source, torch_file
from tests.importers.originals import HERE, check, imported

KINDS = {"flair": "lstm", "flair-projected": "gru", "flair-backward": "lstm"}


@pytest.mark.parametrize("name", KINDS)
def test_scores_are_those_of_flair(name, tmp_path):
    model = imported(f"{name}.pt", tmp_path / "model")
    assert (model.start, model.card.network.cell) == ("\n", KINDS[name])
    assert model.card.network.projection == (3 if name == "flair-projected" else None)
    check(name, model)


def test_characters_are_read_as_flair_reads_them(tmp_path):
    tokenizer = imported("flair.pt", tmp_path / "model").tokenizer
    assert tokenizer.tokens[:2] == ["<unk>", "\n"] and "ï" in tokenizer.tokens
    assert tokenizer.ids("ï").tolist() == [tokenizer.tokens.index("ï")]


def test_which_way_a_model_reads_is_told():
    assert importers.read(Source(HERE / "flair.pt")).notes == ()
    assert "reversed" in importers.read(Source(HERE / "flair-backward.pt")).notes[0]


def test_a_model_without_a_decoder_is_refused():
    source = Source(HERE / "flair.pt")
    source.torch = torch_file.read(source.content)
    for name in ("decoder.weight", "decoder.bias"):
        del source.torch["state_dict"][name]
    with pytest.raises(RnnreplError, match="no decoder"):
        importers.read(source)


@pytest.mark.parametrize("items", [None, ["a"], [b"\xff"], b"ab"])
def test_a_dictionary_that_is_none_is_refused(items):
    source = Source(HERE / "flair.pt")
    source.torch = torch_file.read(source.content)
    source.torch["dictionary"].attributes["idx2item"] = items
    with pytest.raises(RnnreplError, match="its dictionary is"):
        importers.read(source)
