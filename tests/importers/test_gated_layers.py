"""gated_cells: layers of gates that are modules, lists and numbered parameters."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from tests.importers.test_gated_cells import (
    IDS,
    D,
    H,
    V,
    concatenated,
    imported,
    saved,
    separate,
)


def linear(inputs, outputs=H):
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, std=0.4)
    return layer


class Stack(nn.Module):
    """LSTM layers over an embedding, of linear layers a gate; `forms` makes and names them."""

    def __init__(self, forms, inputs=D):
        super().__init__()
        self.inputs = nn.Embedding(V, inputs)
        self.layers, self.gates = forms(self, inputs)
        self.fc = linear(H, V)

    def logits(self):
        x = self.inputs.weight[IDS]
        for k in range(self.layers):
            h = c = torch.zeros(H, dtype=torch.float64)
            outputs = []
            for row in x:
                i, f, o, g = (self.gates(gate, k, row, h) for gate in "ifog")
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                outputs.append(h)
            x = torch.stack(outputs)
        return self.fc(x).detach().numpy()


WORDS = {"i": "input_gate", "f": "forget_gate", "o": "output_gate", "g": "candidate"}


def modules_of_layers(model, inputs):
    model.cells = nn.ModuleList()
    for width in (inputs, H, H):
        cell = nn.Module()
        for name in WORDS.values():
            setattr(cell, name, linear(width + H))
        model.cells.append(cell)
    return 3, lambda gate, k, x, h: getattr(model.cells[k], WORDS[gate])(torch.cat([x, h]))


def lists_of_gates(model, inputs):
    model.lstm = nn.Module()
    for gate in "ifog":
        for side, width in (("i", inputs), ("h", H)):
            layers = nn.ModuleList([linear(width), linear(H)])
            setattr(model.lstm, f"W{side}{gate}", layers)

    def product(gate, k, x, h):
        return getattr(model.lstm, f"Wi{gate}")[k](x) + getattr(model.lstm, f"Wh{gate}")[k](h)

    return 2, product


def numbered_parameters(model, inputs):
    for k, width in ((1, inputs), (2, H)):
        for gate in "ifog":
            for side, rows in (("x", width), ("h", H)):
                weight = nn.Parameter(torch.randn(rows, H) * 0.4)
                model.register_parameter(f"W_{side}{gate}{k}", weight)
            model.register_parameter(f"b_{gate}{k}", nn.Parameter(torch.randn(H)))

    def product(gate, k, x, h):
        wx, wh, b = (getattr(model, f"{name}{gate}{k + 1}") for name in ("W_x", "W_h", "b_"))
        return x @ wx + h @ wh + b

    return 2, product


@pytest.mark.parametrize("forms", [modules_of_layers, lists_of_gates, numbered_parameters])
def test_reads_several_layers(forms, tmp_path):
    torch.manual_seed(0)
    model = Stack(forms).double()
    logits, _ = imported(tmp_path, saved(model.state_dict()))
    np.testing.assert_allclose(logits, model.logits(), atol=1e-5)


def test_layers_are_in_the_order_of_their_numbers(tmp_path):
    torch.manual_seed(0)
    model = Stack(modules_of_layers, inputs=H).double()
    weights = dict(reversed(model.state_dict().items()))
    logits, _ = imported(tmp_path, saved(weights))
    np.testing.assert_allclose(logits, model.logits(), atol=1e-5)


def test_an_output_without_bias_is_not_taken_for_the_embedding(tmp_path):
    torch.manual_seed(0)
    model = Stack(lists_of_gates, inputs=H).double()
    nn.init.zeros_(model.fc.bias)
    weights = {name: w for name, w in model.state_dict().items() if name != "fc.bias"}
    logits, _ = imported(tmp_path, saved(dict(sorted(weights.items()))))
    np.testing.assert_allclose(logits, model.logits(), atol=1e-5)


class Gates(nn.Module):
    """An LSTM cell of linear layers over an embedding, with names of a tutorial."""

    def __init__(self, names):
        super().__init__()
        self.names = names
        self.embedding = nn.Embedding(V, D)
        for name in names:
            setattr(self, name, nn.Linear(D + H, H))
        self.fc = nn.Linear(H, V)

    def logits(self):
        h = c = torch.zeros(H, dtype=torch.float64)
        logits = []
        for id in IDS:
            both = torch.cat([self.embedding.weight[id], h])
            i, f, o, g = (getattr(self, name)(both) for name in self.names)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            logits.append(self.fc(h))
        return torch.stack(logits).detach().numpy()


@pytest.mark.parametrize(
    "names",
    [
        ("input_gate", "forget_gate", "output_gate", "cell_gate"),
        ("i", "f", "o", "c"),
        ("lin_i", "lin_f", "lin_o", "lin_g"),
        ("gate_i", "gate_f", "gate_o", "candidate"),
        ("input_gate", "forget_gate", "output_gate", "candidate_cell"),
    ],
    ids=" ".join,
)
def test_reads_gates_of_linear_layers(names, tmp_path):
    torch.manual_seed(0)
    model = Gates(names).double()
    logits, _ = imported(tmp_path, saved({"model_state_dict": model.state_dict()}))
    np.testing.assert_allclose(logits, model.logits(), atol=1e-5)


def test_names_what_does_not_fit_a_hand_written_cell(tmp_path):
    arrays, _, _ = separate("ifog")
    weights = {f"W_{gate}": triple[0] for gate, triple in arrays.items()}
    weights |= {f"U_{gate}": triple[1] for gate, triple in arrays.items()}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(weights))
    with pytest.raises(RnnreplError, match="LSTM whose other parts do not fit: no output layer"):
        importers.read(CheckpointFile(tmp_path / "model.pkl"))


@pytest.mark.parametrize(
    "paths, reason",
    [
        (("forward_cell", "backward_cell"), r"bidirectional layer \(backward_cell.W_i\)"),
        (("encoder", "decoder"), "an encoder and a decoder, which map one text to another"),
    ],
)
def test_names_layers_that_do_not_follow_each_other(paths, reason, tmp_path):
    arrays, output, _ = concatenated("ifog", inputs=H)
    weights = {f"{path}.W_{gate}": arrays[gate][0] for path in paths for gate in "ifog"}
    weights |= {"embedding.weight": np.ones((V, H)), "fc.weight": output[0]}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(weights))
    with pytest.raises(RnnreplError, match=reason):
        importers.read(CheckpointFile(tmp_path / "model.pkl"))
