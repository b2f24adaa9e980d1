"""cells: hand-written cells score as their formulas, where shapes and names leave one reading."""

import io
import json
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from tests.importers.test_plain import CHARACTERS, IDS, logits_of

V, H, D = len(CHARACTERS), 7, 5


def draw(*shapes):
    random = np.random.default_rng(1)
    return [random.normal(0, 0.4, shape) for shape in shapes]


def min_char_rnn(wxh, whh, why, bh, by):
    """The logits of min-char-rnn, by columns."""
    h, logits = np.zeros((len(whh), 1)), []
    for id in IDS:
        x = np.eye(V)[:, [id]]
        h = np.tanh(wxh @ x + whh @ h + bh)
        logits.append((why @ h + by).ravel())
    return np.array(logits)


def saved(layout, weights):
    """A file of numpy programs: a pickle of any protocol, .npz or .npy."""
    stream = io.BytesIO()
    if layout == "npz":
        np.savez(stream, **weights)
    elif layout == "npy":
        np.save(stream, np.array(weights, dtype=object), allow_pickle=True)
    else:
        return pickle.dumps(weights, layout)
    return stream.getvalue()


def imported(tmp_path, content, **options):
    (tmp_path / "model.pkl").write_bytes(content)
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    return logits_of(tmp_path / "model.pkl", tmp_path / "imported", **options)


@pytest.mark.parametrize("layout", [2, 4, "npz", "npy"])
def test_reads_min_char_rnn(layout, tmp_path):
    names = ("Wxh", "Whh", "Why", "bh", "by")
    weights = dict(zip(names, draw((H, V), (H, H), (V, H), (H, 1), (V, 1)), strict=True))
    moments = {f"m{name}": np.ones_like(array) for name, array in weights.items()}
    logits, model = imported(
        tmp_path, saved(layout, weights | moments | {"hprev": np.ones((H, 1))})
    )
    np.testing.assert_allclose(logits, min_char_rnn(*weights.values()), atol=1e-5)
    assert "tanh is assumed" in model.notes[0]


@pytest.mark.parametrize("biased", [True, False])
def test_reads_matrices_that_multiply_rows(biased, tmp_path):
    wxh, whh, why, bh, by = draw((H, V), (H, H), (V, H), (H, 1), (V, 1))
    weights = {"W_xh": wxh.T, "W_hh": whh.T, "W_hy": why.T}
    if biased:
        weights |= {"b_h": bh.T, "b_y": by.T}
    logits, _ = imported(tmp_path, saved(4, weights))
    bh, by = (bh, by) if biased else (0, 0)
    np.testing.assert_allclose(logits, min_char_rnn(wxh, whh, why, bh, by), atol=1e-5)


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("layout", [4, "npz"])
def test_reads_lists_without_names_in_their_order(layout, rows, tmp_path):
    weights = draw((H, V), (H, H), (V, H), (H, 1), (V, 1))
    given = [array.T for array in weights] if rows else weights
    if layout == "npz":
        stream = io.BytesIO()
        np.savez(stream, *given)
        content = stream.getvalue()
    else:
        content = pickle.dumps(given, layout)
    logits, _ = imported(tmp_path, content)
    np.testing.assert_allclose(logits, min_char_rnn(*weights), atol=1e-5)


def test_reads_a_vocabulary_of_the_same_file(tmp_path):
    names = ("Wxh", "Whh", "Why", "bh", "by")
    weights = dict(zip(names, draw((H, V), (H, H), (V, H), (H, 1), (V, 1)), strict=True))
    value = {"params": weights, "ix_to_char": dict(enumerate(CHARACTERS))}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(value))
    model = importers.read(CheckpointFile(tmp_path / "model.pkl"))
    assert model.tokenizer.data["characters"] == list(CHARACTERS)


def test_reads_a_linear_layer_over_one_hot_vectors(tmp_path):
    embed, bias, wx, wh, wy, by = draw((D, V), (D,), (H, D), (H, H), (V, H), (V,))
    weights = {"e.weight": embed, "e.bias": bias, "Wx.weight": wx, "Wh.weight": wh}
    logits, _ = imported(tmp_path, saved(4, weights | {"fc.weight": wy, "fc.bias": by}))
    expected = min_char_rnn(wx @ (embed + bias[:, None]), wh, wy, 0, by[:, None])
    np.testing.assert_allclose(logits, expected, atol=1e-5)


class Cell(nn.Module):
    """A cell of linear layers over an embedding."""

    def __init__(self, concatenated, embed=D, hidden=H):
        super().__init__()
        torch.manual_seed(0)
        self.hidden = hidden
        self.embedding = nn.Embedding(V, embed)
        if concatenated:
            self.i2h = nn.Linear(embed + hidden, hidden)
        else:
            self.Wx, self.Wh = nn.Linear(embed, hidden, bias=False), nn.Linear(hidden, hidden)
        self.h2o = nn.Linear(hidden, V)

    def logits(self, first="input"):
        h, logits = torch.zeros(self.hidden, dtype=torch.float64), []
        for id in IDS:
            x = self.embedding.weight[id]
            if hasattr(self, "i2h"):
                both = (x, h) if first == "input" else (h, x)
                h = torch.tanh(self.i2h(torch.cat(both)))
            else:
                h = torch.tanh(self.Wx(x) + self.Wh(h))
            logits.append(self.h2o(h))
        return torch.stack(logits).detach().numpy()

    def content(self):
        stream = io.BytesIO()
        torch.save({"model_state_dict": self.state_dict()}, stream)
        return stream.getvalue()


@pytest.mark.parametrize("concatenated", [True, False])
@pytest.mark.parametrize("embed", [D, H])
def test_reads_cells_of_linear_layers(concatenated, embed, tmp_path):
    cell = Cell(concatenated, embed).double()
    logits, model = imported(tmp_path, cell.content())
    np.testing.assert_allclose(logits, cell.logits(), atol=1e-5)
    assert ("as one vector, the input first" in model.notes[1]) == concatenated


def test_the_state_comes_first_where_the_other_order_is_chaotic(tmp_path):
    hidden = 60
    cell = Cell(concatenated=True, hidden=hidden).double()
    with torch.no_grad():  # a triangular recurrence forgets; shifted by D columns it is chaotic
        cell.i2h.weight[:, :hidden] = torch.randn(hidden, hidden).triu(1)
    logits, model = imported(tmp_path, cell.content())
    np.testing.assert_allclose(logits, cell.logits("state"), atol=1e-5)
    assert "as one vector, the state first" in model.notes[1]


def refusal(tmp_path, weights):
    (tmp_path / "model.pkl").write_bytes(saved(4, weights))
    with pytest.raises(RnnreplError) as caught:
        importers.read(CheckpointFile(tmp_path / "model.pkl"))
    return str(caught.value)


def test_refuses_weights_with_several_readings(tmp_path):
    first, second, third = draw((V, V), (V, V), (V, V))
    message = refusal(tmp_path, {"a": first, "b": second, "c": third})
    assert "12 readings" in message or "readings" in message


def test_refuses_weights_without_a_place(tmp_path):
    names = ("Wxh", "Whh", "Why", "bh", "extra")
    weights = dict(zip(names, draw((H, V), (H, H), (V, H), (H, 1), (3, 1)), strict=True))
    assert "extra (3) have no place" in refusal(tmp_path, weights)


def test_names_the_cell_of_the_tutorial(tmp_path):
    i2h, i2o, o2o = draw((H, V + H), (V, V + H), (V, H + V))
    weights = {"i2h.weight": i2h, "i2o.weight": i2o, "o2o.weight": o2o}
    assert "the cell of PyTorch's tutorial (i2h, i2o, o2o)" in refusal(tmp_path, weights)


def test_names_a_bias_that_is_no_vector(tmp_path):
    names = ("Wxh", "Whh", "Why", "cell.bias")
    weights = dict(zip(names, draw((H, V), (H, H), (V, H), (H, 3)), strict=True))
    assert "no recurrent layer of a known form" in refusal(tmp_path, weights)


def test_names_kernels_of_tensorflow(tmp_path):
    names = ("embedding", "rnn/basic_lstm_cell/kernel", "softmax_w")
    arrays = draw((V, D), (D + H, 4 * H), (H, V))
    message = refusal(tmp_path, dict(zip(names, arrays, strict=True)))
    assert message.startswith("The weights are of TensorFlow 1: rnn/basic_lstm_cell/kernel has")


def test_names_fused_gates_whose_other_parts_do_not_fit(tmp_path):
    names = ("embedding.weight", "i2h.weight", "h2h.weight", "fc.weight")
    arrays = draw((V, D), (4 * H, D), (4 * H, H), (V, H + 1))
    message = refusal(tmp_path, dict(zip(names, arrays, strict=True)))
    assert "may be a hand-written LSTM with all gates in one matrix, h2h (28, 7), whose" in message


def test_names_a_gru_with_one_matrix(tmp_path):
    names = ("embedding.weight", "gates.weight", "fc.weight")
    arrays = draw((V, 2 * H), (3 * H, 3 * H), (V, H))
    message = refusal(tmp_path, dict(zip(names, arrays, strict=True)))
    assert "no recurrent layer of a known form" in message
