"""torch-rnn and char-rnn: scores of their formulas, from files built as Lua's Torch writes them."""

import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import Source
from tests.importers.fixtures.make_t7 import Lua, Writer
from tests.importers.originals import check, imported


@pytest.mark.parametrize(
    "name, cell",
    [
        ("torch-rnn-lstm", "lstm"),
        ("torch-rnn-rnn", "rnn"),
        ("char-rnn", "lstm"),
        ("char-rnn-gpu", "lstm"),
    ],
)
def test_scores_are_those_of_the_original(name, cell, tmp_path):
    model = imported(f"{name}.t7", tmp_path / "model")
    assert (model.start, model.card.network.cell) == ("\n", cell)
    assert model.card.network.hidden == (5, 5)
    check(name, model)
    with pytest.raises(RnnreplError, match="no token for 'Q'"):
        model.score("Q")


def refusal(tmp_path, value):
    writer = Writer()
    writer.write(value)
    (tmp_path / "model.t7").write_bytes(writer.out)
    with pytest.raises(RnnreplError) as caught:
        importers.read(Source(tmp_path / "model.t7"))
    return str(caught.value)


def test_the_cells_of_char_rnn_that_are_not_ours_are_named(tmp_path):
    graph = Lua("nn.gModule", {"forwardnodes": []})
    for kind in ("gru", "rnn"):
        found = refusal(tmp_path, {"protos": {"rnn": graph}, "opt": {"model": kind}})
        assert f"The model is a {kind} of char-rnn" in found
    found = refusal(tmp_path, {"protos": {"rnn": graph}, "opt": {"model": "lstm"}})
    assert "not that of an lstm" in found


def test_batch_normalisation_and_foreign_networks_are_refused(tmp_path):
    def model(*kinds):
        net = Lua("nn.Sequential", {"modules": [Lua(kind, {}) for kind in kinds]})
        return {"model": Lua("nn.LanguageModel", {"net": net})}

    assert "batch normalisation" in refusal(tmp_path, model("nn.BatchNormalization"))
    assert "0 modules nn.LookupTable" in refusal(tmp_path, model("nn.Linear"))
    assert "no weight" in refusal(tmp_path, model("nn.LookupTable", "nn.Linear"))


def test_a_file_of_torch7_that_is_no_language_model_is_unknown(tmp_path):
    assert "no checkpoint of a format known here" in refusal(tmp_path, {"model": {"a": 1}})
