"""stanza's character models: the scores that stanza computed, its learnt first state included."""

import pytest

from rnnrepl import importers
from rnnrepl.importers import Source
from tests.importers.originals import HERE, check, imported


@pytest.mark.parametrize("name", ["stanza", "stanza-cells", "stanza-backward"])
def test_scores_are_those_of_stanza(name, tmp_path):
    model = imported(f"{name}.pt", tmp_path / "model")
    assert model.start == "\n" and model.card.network.initial == "learnt"
    check(name, model)


def test_the_characters_keep_their_ids(tmp_path):
    tokens = imported("stanza.pt", tmp_path / "model").tokenizer.tokens
    assert tokens[:4] == ["<PAD>", "<unk>", "<EMPTY>", "<ROOT>"]
    assert {"\n", " ", "a"} < set(tokens[4:])


def test_which_way_a_model_reads_is_told():
    notes = {
        n: importers.read(Source(HERE / f"{n}.pt")).notes for n in ("stanza", "stanza-backward")
    }
    assert notes["stanza"] == () and "reversed" in notes["stanza-backward"][0]
