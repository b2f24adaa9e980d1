"""torch: what the file holds runs in the modules of torch.nn as it does here."""

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
    """The layout: an embedding, one module for all layers, a linear layer; tied or not."""

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


def written(folder, out):
    exporters.write(checkpoint.read(folder), "torch", out)
    return torch.load(out, weights_only=True)


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_modules_of_torch_compute_the_same(cell, tied, tmp_path):
    folder = tiny.write(tmp_path / "model", cell=cell, norm=False, tied=tied)
    found = checkpoint.read(folder)
    theirs = WordLanguageModel(found.card.network)
    theirs.load_state_dict(written(folder, tmp_path / "model.pt"))
    ids = np.random.default_rng(0).integers(0, found.card.network.vocabulary, 40)
    ours = NumpyNetwork(found.card.network, found.weights)
    hidden, _ = ours.forward(ids, [1] * len(ids), ours.initial()[None])
    with torch.no_grad():
        logits = theirs(torch.from_numpy(ids)[:, None])[:, 0]
    np.testing.assert_allclose(ours.logits(hidden), logits, rtol=0, atol=1e-5)


def test_tied_weights_are_one_tensor_under_two_names(tmp_path):
    weights = written(tiny.write(tmp_path / "model", norm=False, tied=True), tmp_path / "m.pt")
    assert weights["decoder.weight"].data_ptr() == weights["encoder.weight"].data_ptr()


@pytest.mark.parametrize(
    "options, named",
    [
        ({"norm": True}, "LayerNorm"),
        ({"projection": 3}, "a projection"),
        ({"initial": "learnt"}, "a learnt initial state"),
        ({"hidden": (8, 6)}, "layers of different sizes"),
        ({"norm": True, "projection": 3}, "LayerNorm and a projection"),
    ],
)
def test_what_the_layout_cannot_hold_is_refused_by_name(options, named, tmp_path):
    folder = tiny.write(tmp_path / "model", **{"norm": False} | options)
    with pytest.raises(RnnreplError, match=f"no place for {named}: "):
        written(folder, tmp_path / "model.pt")
    assert not (tmp_path / "model.pt").exists()
