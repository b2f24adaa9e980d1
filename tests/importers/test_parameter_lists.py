"""parameter_lists: weights without names, in the order of torch, score as in torch."""

import io
import json

import numpy as np
import pytest
import torch
from torch import nn

from rnnrepl.importers.parameter_lists import named
from tests.importers.test_plain import CHARACTERS, IDS, logits_of

V, H, D = len(CHARACTERS), 7, 5


def weights_of(model):
    return [parameter.detach() for parameter in model.parameters()]


def npz(arrays):
    stream = io.BytesIO()
    np.savez(stream, *arrays)
    return stream.getvalue()


def saved(value):
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


CONTENTS = {
    "list of parameters": lambda model: saved(list(model.parameters())),
    "list of tensors in a dict": lambda model: saved({"weights": weights_of(model)}),
    "arrays of numpy": lambda model: npz([weight.numpy() for weight in weights_of(model)]),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("cell", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_list_has_the_order_of_torch(cell, layers, content, tmp_path):
    torch.manual_seed(0)
    embedding, rnn = nn.Embedding(V, D), cell(D, H, layers, batch_first=True)
    model = nn.ModuleList([embedding, rnn, nn.Linear(H, V)])
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.4)
    (tmp_path / "model.pt").write_bytes(content(model))
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    logits, _ = logits_of(tmp_path / "model.pt", tmp_path / "imported")
    with torch.no_grad():
        expected = model.double()[2](rnn(embedding(torch.tensor([IDS])))[0])[0]
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_a_plain_layer_is_none_if_its_square_matrix_may_be_the_output():
    random = np.random.default_rng(0)
    listed = [random.normal(size=(V, V)) for _ in range(3)] + [np.zeros(V)] * 2
    arrays = {str(number): array for number, array in enumerate(listed)}
    assert named(arrays) == arrays
