"""torch-rnn and char-rnn: scores of their formulas, from files built as Lua's Torch writes them."""

import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import Source
from rnnrepl.importers.vocabulary import alphabet
from tests.importers.fixtures.make_t7 import Lua, Writer, layers
from tests.importers.originals import check, imported


@pytest.mark.parametrize(
    "name, cell",
    [
        ("torch-rnn-lstm", "lstm"),
        ("torch-rnn-rnn", "rnn"),
        ("char-rnn", "lstm"),
        ("char-rnn-gpu", "lstm"),
        ("char-rnn-rnn", "rnn"),
    ],
)
def test_scores_are_those_of_the_original(name, cell, tmp_path):
    model = imported(f"{name}.t7", tmp_path / "model")
    assert (model.start, model.card.network.cell) == ("\n", cell)
    assert model.card.network.hidden == (5, 5)
    check(name, model)
    with pytest.raises(RnnreplError, match="no token for 'Q'"):
        model.score("Q")


@pytest.mark.parametrize("name", ["torch-rnn-bytes", "char-rnn-bytes"])
def test_models_of_bytes_read_and_write_characters_of_several(name, tmp_path):
    model = imported(f"{name}.t7", tmp_path / "model")
    assert (model.start, model.card.tokenizer) == ("\\x0a", "bytes")
    check(name, model)
    with pytest.raises(RnnreplError, match="no token for 'è' at 2"):
        model.score("hè")
    assert model.generate(match="h(é|a){5}", seed=1).text.count("é") > 0


def refusal(tmp_path, value):
    writer = Writer()
    writer.write(value)
    (tmp_path / "model.t7").write_bytes(writer.out)
    with pytest.raises(RnnreplError) as caught:
        importers.read(Source(tmp_path / "model.t7"))
    return str(caught.value)


def test_the_gru_of_char_rnn_is_not_ours_and_is_named(tmp_path):
    graph = Lua("nn.gModule", {"forwardnodes": []})
    found = refusal(tmp_path, {"protos": {"rnn": graph}, "opt": {"model": "gru"}})
    assert found.startswith("The model is a gru of char-rnn")


def test_a_graph_that_is_none_of_char_rnn_is_refused(tmp_path):
    def found(nodes):
        graph = Lua("nn.gModule", {"forwardnodes": nodes})
        return refusal(tmp_path, {"protos": {"rnn": graph}, "opt": {"model": "lstm"}})

    assert "is not that of an lstm or rnn" in found([])
    nodes = layers("rnn", [None] * 6, [5])
    assert "has no weight" in found(nodes)
    assert "is not that of an lstm or rnn" in found(nodes[:-1])
    nodes[-1].fields["data"]["mapindex"] = {}
    assert "is not that of an lstm or rnn" in found(nodes)


@pytest.mark.parametrize("tokens", [["ab", "c"], [b"\xff", "[195", "c"], [b"\xff", 5]])
def test_tokens_that_are_neither_characters_nor_bytes_are_refused(tokens):
    tokens = [token.encode() if isinstance(token, str) else token for token in tokens]
    with pytest.raises(RnnreplError, match="neither all characters nor all bytes"):
        alphabet(tokens, len(tokens))
    with pytest.raises(RnnreplError, match="its network 9"):
        alphabet(tokens, 9)


def test_batch_normalisation_and_foreign_networks_are_refused(tmp_path):
    def model(*kinds):
        net = Lua("nn.Sequential", {"modules": [Lua(kind, {}) for kind in kinds]})
        return {"model": Lua("nn.LanguageModel", {"net": net})}

    assert "batch normalisation" in refusal(tmp_path, model("nn.BatchNormalization"))
    assert "0 modules nn.LookupTable" in refusal(tmp_path, model("nn.Linear"))
    assert "no weight" in refusal(tmp_path, model("nn.LookupTable", "nn.Linear"))


def test_a_file_of_torch7_that_is_no_language_model_is_unknown(tmp_path):
    assert "no checkpoint of a format known here" in refusal(tmp_path, {"model": {"a": 1}})
