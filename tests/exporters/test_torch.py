"""torch: the exported state_dict gives the same logits in modules of torch.nn."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from rnnrepl import checkpoint, exporters
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import CELLS
from rnnrepl.rnn.numpy_network import NumpyNetwork
from tests import tiny

MODULES = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "rnn": nn.RNN,
    "relu": partial(nn.RNN, nonlinearity="relu"),
}


class WordLanguageModel(nn.Module):
    """The layout: an embedding, one module with all layers, a linear layer, optionally tied."""

    def __init__(self, network):
        super().__init__()
        size, layers = network.hidden[0], network.layers
        self.encoder = nn.Embedding(network.vocabulary, network.embed)
        self.rnn = MODULES[network.cell](network.embed, size, layers)
        self.decoder = nn.Linear(size, network.vocabulary)
        if network.tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, ids):
        return self.decoder(self.rnn(self.encoder(ids))[0])


def exported(folder, out):
    exporters.write(checkpoint.read(folder), "torch", out)
    return torch.load(out, weights_only=True)


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("cell", CELLS)
def test_logits_equal_those_of_torch_modules(cell, tied, tmp_path):
    folder = tiny.write(tmp_path / "model", cell=cell, norm=False, tied=tied)
    model = checkpoint.read(folder)
    module = WordLanguageModel(model.card.network)
    module.load_state_dict(exported(folder, tmp_path / "model.pt"))
    ids = np.random.default_rng(0).integers(0, model.card.network.vocabulary, 40)
    network = NumpyNetwork(model.card.network, model.weights)
    hidden, _ = network.forward(ids, [1] * len(ids), network.initial()[None])
    with torch.no_grad():
        logits = module(torch.from_numpy(ids)[:, None])[:, 0]
    np.testing.assert_allclose(network.logits(hidden), logits, rtol=0, atol=1e-5)


def test_tied_weights_are_one_tensor_with_two_names(tmp_path):
    weights = exported(tiny.write(tmp_path / "model", norm=False, tied=True), tmp_path / "m.pt")
    assert weights["decoder.weight"].data_ptr() == weights["encoder.weight"].data_ptr()


@pytest.mark.parametrize("options", [{"norm": True}, {"hidden": (8, 6)}, {"initial": "learnt"}])
def test_the_source_beside_it_is_short_plain_python(options, tmp_path):
    exported(tiny.write(tmp_path / "model", **{"norm": False} | options), tmp_path / "out.pt")
    source = (tmp_path / "out.py").read_text()
    compile(source, "out.py", "exec")
    lines = source.splitlines()
    assert len(lines) < 70 and max(map(len, lines)) <= 100 and "rnnrepl." not in source
    tokens = json.loads((tmp_path / "out-vocabulary.json").read_text())["tokens"]
    assert tokens == checkpoint.read(tmp_path / "model").tokenizer.tokens


@pytest.mark.parametrize(
    "options, named",
    [
        ({"output_norm": True, "hard_gates": True}, "hard sigmoids"),
        ({"cell": "gru", "reset_first": True}, "a GRU that resets first"),
    ],
)
def test_cells_that_torch_does_not_have_are_refused(options, named, tmp_path):
    folder = tiny.write(tmp_path / "model", **{"norm": False} | options)
    with pytest.raises(RnnreplError, match=f"torch.nn does not support {named}: "):
        exported(folder, tmp_path / "model.pt")
    assert not (tmp_path / "model.pt").exists()
