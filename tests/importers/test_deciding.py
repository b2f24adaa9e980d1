"""deciding: a text decides between readings of a model, by the bits that torch computes."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from tests.importers.keras_files import hdf5, layer
from tests.importers.test_plain import CHARACTERS

V, H = len(CHARACTERS), 7
FEW = ["\n", *"abcd"]  # of which V and V - 1 differ much


class Numbers(nn.Module):
    """An LSTM that reads one number a token."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.lstm = nn.LSTM(1, H, batch_first=True)
        self.fc = nn.Linear(H, len(FEW))
        torch.manual_seed(1)
        nn.init.normal_(self.lstm.weight_ih_l0, std=10)
        nn.init.normal_(self.fc.weight, std=3)

    def forward(self, ids, state=None):
        x, state = self.lstm(self.number(ids.double())[..., None], state)
        return self.fc(x), state


class Plain(nn.Module):
    """Embedding, LSTM and output."""

    def __init__(self, tokens, width=H):
        super().__init__()
        torch.manual_seed(12)
        self.embedding = nn.Embedding(tokens, 5)
        self.lstm = nn.LSTM(5, H, batch_first=True)
        self.last = nn.Linear(width, tokens)
        nn.init.normal_(self.last.weight, std=2)

    def forward(self, ids, state=None):
        x, state = self.lstm(self.embedding(ids), state)
        return self.last(self.head(x)), state

    def head(self, x):
        return x


class Head(Plain):
    """Two linear layers with a ReLU that a state_dict does not name."""

    def __init__(self, tokens):
        super().__init__(tokens, width=9)
        self.first = nn.Linear(H, 9)
        nn.init.normal_(self.first.weight, std=2)

    def head(self, x):
        return torch.relu(self.first(x))


def sampled(model, first=0, length=3000, last=None, seed=0):
    """The ids that a model writes after the first one, up to the last one."""
    generator = torch.Generator().manual_seed(seed)
    ids, state = [first], None
    with torch.no_grad():
        while len(ids) <= length and (ids[-1] != last or len(ids) == 1):
            x, state = model(torch.tensor([[ids[-1]]]), state)
            ids.append(int(torch.multinomial(x[0, -1].softmax(-1), 1, generator=generator)))
    return ids


def bits(model, texts):
    """The bits of all ids of some texts but the first of each, in float64."""
    total = 0.0
    with torch.no_grad():
        for ids in texts:
            p = model(torch.tensor([ids[:-1]]))[0][0].log_softmax(-1)
            total -= float(p[range(len(ids) - 1), ids[1:]].sum()) / np.log(2)
    return total


NUMBERS = {
    "divided by the size": lambda ids: ids / len(FEW),
    "as it is": lambda ids: ids,
    "divided by the largest id": lambda ids: ids / (len(FEW) - 1),
}


def keras_of(model):
    """The model as a file of Keras, in windows of 100 characters."""
    arrays = {name: array.numpy() for name, array in model.state_dict().items()}
    config = {"batch_input_shape": [None, 100, 1], "recurrent_activation": "sigmoid"}
    layers = [
        layer("LSTM", "lstm", **config, units=H, activation="tanh"),
        layer("Dense", "dense", activation="softmax"),
    ]
    weights = {
        "lstm": {
            "kernel": arrays["lstm.weight_ih_l0"].T,
            "recurrent_kernel": arrays["lstm.weight_hh_l0"].T,
            "bias": arrays["lstm.bias_ih_l0"] + arrays["lstm.bias_hh_l0"],
        },
        "dense": {"kernel": arrays["fc.weight"].T, "bias": arrays["fc.bias"]},
    }
    return hdf5(layers, weights)


@pytest.mark.parametrize("program", ["torch", "keras"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_text_decides_on_the_number_of_a_token(name, program, tmp_path):
    model = Numbers(NUMBERS[name]).double()
    path = tmp_path / "model"
    if program == "torch":
        torch.save(model.state_dict(), path)
    else:
        path.write_bytes(keras_of(model))
    (tmp_path / "chars.json").write_text(json.dumps(FEW))
    (tmp_path / "text.txt").write_text("".join(FEW[id] for id in sampled(model)))
    result = importers.read(CheckpointFile(path, data=tmp_path / "text.txt"))
    table = result.weights["encoder.weight"]
    np.testing.assert_allclose(table[:, 0], NUMBERS[name](np.arange(len(FEW))))
    assert any(f"one number a token, the token's id {name}" in note for note in result.notes)


class Scaled(nn.Module):
    """The number of a token; it has no weights."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, ids):
        return (ids / self.scale).double()[..., None]


@pytest.mark.parametrize("scale, name", [(V, "divided by the size"), (1, "as it is")])
def test_a_text_decides_on_an_activation_and_the_number_of_a_token(scale, name, tmp_path):
    model = Head(V)
    model.embedding, model.lstm = Scaled(scale), nn.LSTM(1, H, batch_first=True)
    model = model.double()
    torch.save(model.state_dict(), tmp_path / "model.pt")
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    text = "".join(CHARACTERS[id] for id in sampled(model))
    (tmp_path / "text.txt").write_text(text)
    result = importers.read(CheckpointFile(tmp_path / "model.pt", data=tmp_path / "text.txt"))
    assert "ReLU follows the layer first, and that the model reads one number" in result.notes[0]
    assert f"the token's id {name}" in result.notes[0]


SPECIAL = [*"abcdefghij", "<sos>", "<eos>"]


@pytest.mark.parametrize("tokens", [SPECIAL, list("abcdefghijkl")], ids=["special", "none"])
def test_lines_are_read_alone_where_no_token_is_a_newline(tokens, tmp_path):
    model = Head(len(tokens)).double()
    start, end = (10, 11) if tokens is SPECIAL else (None, None)
    if start:
        with torch.no_grad():
            model.last.bias[start] = -50
    lines = [sampled(model, start or k % 12, 20, end, seed=k) for k in range(150)]
    lines = [line for line in lines if end in (None, line[-1]) and len(line) > 2]
    text = "\n".join("".join(tokens[id] for id in line if len(tokens[id]) == 1) for line in lines)
    (tmp_path / "names.txt").write_text(text)
    (tmp_path / "tokens.json").write_text(json.dumps(tokens))
    torch.save(model.state_dict(), tmp_path / "model.pt")
    result = importers.read(CheckpointFile(tmp_path / "model.pt", data=tmp_path / "names.txt"))
    assert result.network.activation == "relu"
    assert f"{bits(model, lines) / len(text):.3f} bits per character" in result.notes[0]


def test_a_text_is_read_in_parts_where_the_network_predicts_nothing_beyond_short_windows(tmp_path):
    model = Head(V).double()
    with torch.no_grad():  # unit 0 counts to 11, and then every prediction is wrong
        model.lstm.weight_ih_l0[::H], model.lstm.weight_hh_l0[::H] = 0, 0
        model.lstm.bias_ih_l0[::H] = torch.tensor([20, 20, 0.1, 20])
        model.lstm.bias_hh_l0[::H] = 0
        model.first.weight[0], model.last.weight[:, 0] = 0, 0
        model.first.weight[0, 0], model.first.bias[0] = 1000, -1000 * np.tanh(1.05)
        model.last.weight[0, 0] = 50
    ids = [1]
    for k in range(300):
        ids += sampled(model, ids[-1], 10, seed=k)[1:]
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    (tmp_path / "text.txt").write_text("".join(CHARACTERS[id] for id in ids))
    torch.save(model.state_dict(), tmp_path / "model.pt")
    result = importers.read(CheckpointFile(tmp_path / "model.pt", data=tmp_path / "text.txt"))
    assert result.network.activation == "relu"


def test_no_reading_is_chosen_that_is_worse_than_equal_probabilities(tmp_path):
    model = Head(V)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    with torch.no_grad():  # each character is the least likely one
        ids, state = [0], None
        for _ in range(500):
            x, state = model(torch.tensor([[ids[-1]]]), state)
            ids.append(int(x[0, -1].argmin()))
    (tmp_path / "text.txt").write_text("".join(CHARACTERS[id] for id in ids))
    with pytest.raises(
        RnnreplError, match=r"best reading.* bits a token, more than the 3.58 .*: give a text like"
    ):
        importers.read(CheckpointFile(tmp_path / "model.pt", data=tmp_path / "text.txt"))


@pytest.mark.parametrize("is_sorted", [True, False])
def test_a_guessed_order_of_characters_that_predicts_badly_is_noted(is_sorted, tmp_path):
    model = Plain(V)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    tokens = sorted(CHARACTERS)[:: 1 if is_sorted else -1]
    text = "".join(tokens[id] for id in sampled(model))
    (tmp_path / "text.txt").write_text(text)
    result = importers.read(CheckpointFile(tmp_path / "model.pt", data=tmp_path / "text.txt"))
    assert any("give --vocab" in note for note in result.notes) != is_sorted
