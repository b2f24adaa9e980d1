"""torch-rnn and char-rnn: scores equal their formulas, from files in the format of Torch7."""

import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from rnnrepl.importers.tokenizers import lua_alphabet
from tests.importers.fixtures.make_t7 import Lua, Writer, layers
from tests.importers.originals import check, imported


@pytest.mark.needs_torch
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
def test_scores_equal_the_original(name, cell, tmp_path):
    model = imported(f"{name}.t7", tmp_path / "model")
    assert (model.start, model.card.network.cell) == ("\n", cell)
    assert model.card.network.hidden == (5, 5)
    check(name, model)
    with pytest.raises(RnnreplError, match="no token for 'Q'"):
        model.score("Q")


@pytest.mark.needs_torch
@pytest.mark.parametrize("name", ["torch-rnn-bytes", "char-rnn-bytes"])
def test_byte_models_read_and_write_multibyte_characters(name, tmp_path):
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
        importers.read(CheckpointFile(tmp_path / "model.t7"))
    return str(caught.value)


def test_refuses_the_gru_of_char_rnn(tmp_path):
    graph = Lua("nn.gModule", {"forwardnodes": []})
    message = refusal(tmp_path, {"protos": {"rnn": graph}, "opt": {"model": "gru"}})
    assert message.startswith("The model is a GRU of char-rnn")


def test_refuses_other_graphs(tmp_path):
    def message(nodes):
        graph = Lua("nn.gModule", {"forwardnodes": nodes})
        return refusal(tmp_path, {"protos": {"rnn": graph}, "opt": {"model": "lstm"}})

    assert "is not that of an LSTM or RNN" in message([])
    nodes = layers("rnn", [None] * 6, [5])
    assert "has no weight" in message(nodes)
    assert "is not that of an LSTM or RNN" in message(nodes[:-1])
    nodes[-1].fields["data"]["mapindex"] = {}
    assert "is not that of an LSTM or RNN" in message(nodes)


@pytest.mark.parametrize("tokens", [["ab", "c"], [b"\xff", "[195", "c"], [b"\xff", 5]])
def test_refuses_tokens_that_are_neither_characters_nor_bytes(tokens):
    tokens = [token.encode() if isinstance(token, str) else token for token in tokens]
    with pytest.raises(RnnreplError, match="neither all characters nor all bytes"):
        lua_alphabet(tokens, len(tokens))
    with pytest.raises(RnnreplError, match="its network 9"):
        lua_alphabet(tokens, 9)


def test_refuses_batch_normalisation_and_other_networks(tmp_path):
    def model(*kinds):
        net = Lua("nn.Sequential", {"modules": [Lua(kind, {}) for kind in kinds]})
        return {"model": Lua("nn.LanguageModel", {"net": net})}

    assert "batch normalisation" in refusal(tmp_path, model("nn.BatchNormalization"))
    assert "0 modules nn.LookupTable" in refusal(tmp_path, model("nn.Linear"))
    assert "no weight" in refusal(tmp_path, model("nn.LookupTable", "nn.Linear"))


def test_a_torch7_file_without_a_language_model_is_unknown(tmp_path):
    assert "not a checkpoint of a known format" in refusal(tmp_path, {"model": {"a": 1}})
