"""gated_cells: hand-written LSTM and GRU cells score as their formulas in float64."""

import io
import json
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from rnnrepl.errors import RnnreplError
from tests.importers.test_plain import CHARACTERS, IDS, logits_of

V, H, D = len(CHARACTERS), 7, 5
random = np.random.default_rng(0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def run(cell, w, *, ids=IDS, embedding=None):
    """Logits (T, V), in float64, of a cell: (gate products, h, c) to new h and c.

    w[gate] is a function of x and h; w["y"] one of h.
    """
    table = np.eye(V) if embedding is None else embedding
    h, c, logits = np.zeros(H), np.zeros(H), []
    for id in ids:
        h, c = cell(w, table[id], h, c)
        logits.append(w["y"](h))
    return np.array(logits)


def lstm(w, x, h, c):
    i, f, o = (sigmoid(w[gate](x, h)) for gate in "ifo")
    c = f * c + i * np.tanh(w["g"](x, h))
    return o * np.tanh(c), c


def gru(keeps, first):
    def cell(w, x, h, c):
        r, z = sigmoid(w["r"](x, h)), sigmoid(w["z"](x, h))
        n = np.tanh(w["n"](x, r * h) if first else w["nx"](x) + r * w["nh"](h))
        return (z * h + (1 - z) * n if keeps else (1 - z) * h + z * n), c

    return cell


def concatenated(gates, *, inputs=V, state_first=False, seed=1):
    """Weights (H, inputs + H) and biases by gate, and the functions that they compute."""
    draw = np.random.default_rng(seed).normal
    arrays = {gate: (draw(0, 0.5, (H, inputs + H)), draw(0, 0.5, H)) for gate in gates}
    output = draw(0, 0.5, (V, H)), draw(0, 0.5, V)

    def function(w, b):
        return lambda x, h: w @ np.concatenate([h, x] if state_first else [x, h]) + b

    functions = {gate: function(*pair) for gate, pair in arrays.items()}
    return arrays, output, functions | {"y": lambda h: output[0] @ h + output[1]}


def imported(folder, content, **options):
    (folder / "model.pkl").write_bytes(content)
    (folder / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    return logits_of(folder / "model.pkl", folder / "imported", **options)


def text_of(cell, functions, length=2500):
    """A text that a cell writes, which no other reading predicts as well."""
    generator, ids = np.random.default_rng(0), [0]
    h, c = np.zeros(H), np.zeros(H)
    for _ in range(length):
        h, c = cell(functions, np.eye(V)[ids[-1]], h, c)
        p = np.exp(functions["y"](h))
        ids.append(int(generator.choice(V, p=p / p.sum())))
    return "".join(CHARACTERS[id] for id in ids)


NAMES = {
    "numpy": ({gate: f"W{gate}" for gate in "ifog"}, {gate: f"b{gate}" for gate in "ifog"}),
    "with c": (
        {"i": "W_i", "f": "W_f", "o": "W_o", "g": "W_C"},
        {"i": "b_i", "f": "b_f", "o": "b_o", "g": "b_C"},
    ),
}


@pytest.mark.parametrize("columns", [True, False], ids=["columns", "rows"])
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_reads_an_lstm_of_numpy(names, columns, tmp_path):
    arrays, output, functions = concatenated("ifog")
    weights = {names[0][gate]: pair[0] for gate, pair in arrays.items()}
    weights |= {names[1][gate]: pair[1][:, None] for gate, pair in arrays.items()}
    weights |= {"Wy": output[0], "by": output[1][:, None]}
    if not columns:
        weights = {name: array.T for name, array in weights.items()}
    logits, model = imported(tmp_path, pickle.dumps(weights))
    np.testing.assert_allclose(logits, run(lstm, functions), atol=1e-5)
    assert "the cell reads input and state as one vector, the input first" in model.notes[0]


def test_a_softmax_that_is_called_ws_is_no_gate(tmp_path):
    arrays, output, functions = concatenated("ifog")
    names = {"i": "i", "f": "f", "o": "o", "g": "c"}
    weights = {f"W{names[gate]}": pair[0] for gate, pair in arrays.items()}
    weights |= {f"b{names[gate]}": pair[1] for gate, pair in arrays.items()}
    weights |= {"Ws": output[0], "bs": output[1]}
    logits, _ = imported(tmp_path, pickle.dumps(weights))
    np.testing.assert_allclose(logits, run(lstm, functions), atol=1e-5)


def test_a_name_of_many_digits_is_refused_at_once(tmp_path):
    arrays, output, _ = concatenated("ifog")
    weights = {f"W_{gate}.{'1' * 50_000}x": pair[0] for gate, pair in arrays.items()}
    with pytest.raises(RnnreplError):
        imported(tmp_path, pickle.dumps(weights | {f"W_f.{'1' * 5000}": output[0]}))


@pytest.mark.parametrize("state_first", [True, False])
def test_a_text_decides_whether_the_state_comes_first(state_first, tmp_path):
    arrays, output, functions = concatenated("ifog", state_first=state_first)
    sharp = output[0] * 6, output[1]
    functions["y"] = lambda h: sharp[0] @ h + sharp[1]
    weights = {f"W_{gate}": pair[0] for gate, pair in arrays.items()}
    weights |= {f"b_{gate}": pair[1] for gate, pair in arrays.items()}
    weights |= {"W_v": sharp[0], "b_v": sharp[1]}
    (tmp_path / "text.txt").write_text(text_of(lstm, functions))
    logits, model = imported(tmp_path, pickle.dumps(weights), data=tmp_path / "text.txt")
    np.testing.assert_allclose(logits, run(lstm, functions), atol=1e-5)
    first = "state" if state_first else "input"
    assert (
        f"decides that the cell reads input and state as one vector, the {first}"
        in (model.notes[0])
    )


class Makemore(nn.Module):
    """The cells of makemore: `xh_to_z` and others, and a trained start."""

    def __init__(self):
        super().__init__()
        self.start = nn.Parameter(torch.randn(1, H))
        self.wte = nn.Embedding(V, D)
        self.cell = nn.Module()
        for name in ("z", "r", "hbar"):
            setattr(self.cell, f"xh_to_{name}", nn.Linear(D + H, H))
        self.lm_head = nn.Linear(H, V)

    def logits(self):
        h, logits = self.start, []
        for id in IDS:
            x = self.wte.weight[[id]]
            r, z = (getattr(self.cell, f"xh_to_{g}")(torch.cat([x, h], 1)).sigmoid() for g in "rz")
            n = self.cell.xh_to_hbar(torch.cat([x, r * h], 1)).tanh()
            h = (1 - z) * h + z * n
            logits.append(self.lm_head(h)[0])
        return torch.stack(logits).detach().numpy()


def saved(value):
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def test_reads_the_gru_of_makemore(tmp_path):
    torch.manual_seed(0)
    model = Makemore().double()
    logits, _ = imported(tmp_path, saved(model.state_dict()))
    np.testing.assert_allclose(logits, model.logits(), atol=1e-5)


def separate(gates, recurrent=0.5, seed=2):
    """W (H, V), U (H, H) and b by gate, and the functions that they compute."""
    draw = np.random.default_rng(seed).normal
    arrays = {g: (draw(0, 0.5, (H, V)), draw(0, recurrent, (H, H)), draw(0, 0.5, H)) for g in gates}
    output = draw(0, 3, (V, H)), draw(0, 0.5, V)

    def function(w, u, b):
        return lambda x, h: w @ x + u @ h + b

    functions = {gate: function(*triple) for gate, triple in arrays.items()}
    functions |= {"y": lambda h: output[0] @ h + output[1]}
    return arrays, output, functions


SEPARATE = {
    "W_xi, W_hi": ("W_x{}", "W_h{}", "b_{}"),
    "W_i, U_i": ("W_{}", "U_{}", "b_{}"),
    "W_ii, W_hi": ("W_i{}", "W_h{}", "b_{}"),
    "Wix, Wih": ("W{}x", "W{}h", "b{}"),
    "U_i, V_i": ("U_{}", "V_{}", "b_{}"),
    "U_i, W_i, of the state": ("U_{}", "W_{}", "b_{}"),
    "Wii_b.0, Whi_b.0": ("lstm.Wi{}_b.0", "lstm.Wh{}_b.0", "lstm.b{}.0"),
}


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("names", SEPARATE.values(), ids=SEPARATE)
def test_reads_an_lstm_with_two_matrices_a_gate(names, rows, tmp_path):
    arrays, output, functions = separate("ifog")
    weights = {}
    for gate, triple in arrays.items():
        weights |= {name.format(gate): array for name, array in zip(names, triple, strict=True)}
    weights |= {"V": output[0], "b_y": output[1]}
    if rows:
        weights = {name: array.T for name, array in weights.items()}
    tensors = {name: torch.tensor(array) for name, array in weights.items()}
    logits, _ = imported(tmp_path, saved({"params": tensors}))
    np.testing.assert_allclose(logits, run(lstm, functions), atol=1e-5)


def test_reads_the_candidate_as_s(tmp_path):
    arrays, output, functions = separate("ifog")
    weights = {"Wy": output[0], "by": output[1][:, None], "s": np.ones(H), "h": np.ones(H)}
    for gate, (w, u, b) in arrays.items():
        letter = gate.replace("g", "s")
        weights |= {f"W{letter}x": w, f"W{letter}h": u, f"b{letter}": b[:, None]}
    logits, _ = imported(tmp_path, pickle.dumps(weights))
    np.testing.assert_allclose(logits, run(lstm, functions), atol=1e-5)


@pytest.mark.parametrize("of_state", ["u", "w"])
def test_a_text_decides_on_the_matrices_of_the_input(of_state, tmp_path):
    of_input = "w" if of_state == "u" else "u"
    random = np.random.default_rng(4)
    embedding, bias = random.normal(0, 1, (H, V)), random.normal(0, 1, H)
    arrays, output, functions = separate("ifog", recurrent=1.5)
    weights = {"e.weight": embedding, "e.bias": bias, "v.weight": output[0], "v.bias": output[1]}
    for gate, (w, u, b) in arrays.items():
        weights |= {f"{of_input}_{gate}.weight": w[:, :H], f"{of_state}_{gate}.weight": u}
        weights |= {f"{of_state}_{gate}.bias": b}

        def function(x, h, w=w[:, :H], u=u, b=b):
            return w @ (embedding @ x + bias) + u @ h + b

        functions[gate] = function
    (tmp_path / "text.txt").write_text(text_of(lstm, functions))
    logits, model = imported(tmp_path, pickle.dumps(weights), data=tmp_path / "text.txt")
    np.testing.assert_allclose(logits, run(lstm, functions), atol=1e-5)
    assert f"decides that {of_input}_i multiplies the input" in model.notes[0]
    _, model = imported(tmp_path, pickle.dumps(weights))
    assert "It is assumed that" in model.notes[0] and "multiplies the input" in model.notes[0]


@pytest.mark.parametrize("rows", [True, False])
def test_a_text_decides_whether_square_matrices_multiply_rows(rows, tmp_path):
    arrays, output, functions = separate("ifog", recurrent=1.5)
    table = np.random.default_rng(4).normal(0, 1, (V, H))
    weights = {"embed.weight": table, "fc.weight": output[0], "fc.bias": output[1]}
    for gate, (w, u, b) in arrays.items():
        pair = w[:, :H], u
        weights |= {f"W_x{gate}": pair[0].T if rows else pair[0], f"b_{gate}": b}
        weights |= {f"W_h{gate}": pair[1].T if rows else pair[1]}

        def function(x, h, w=pair[0], u=u, b=b):
            return w @ table.T @ x + u @ h + b

        functions[gate] = function
    with pytest.raises(RnnreplError, match=r"may multiply rows or columns\. Give --data"):
        imported(tmp_path, pickle.dumps(weights))
    (tmp_path / "text.txt").write_text(text_of(lstm, functions))
    logits, model = imported(tmp_path, pickle.dumps(weights), data=tmp_path / "text.txt")
    np.testing.assert_allclose(logits, run(lstm, functions), atol=1e-5)
    assert f"matrices multiply {'rows' if rows else 'columns'}" in model.notes[0]


def test_reads_the_gru_of_dive_into_deep_learning(tmp_path):
    arrays, output, functions = separate("rzn")
    names = {"r": "r", "z": "z", "n": "h"}
    weights = {"W_hq": output[0].T, "b_q": output[1]}
    for gate, (w, u, b) in arrays.items():
        weights |= {f"W_x{names[gate]}": w.T, f"W_h{names[gate]}": u.T, f"b_{names[gate]}": b}
    logits, _ = imported(tmp_path, pickle.dumps(weights))
    np.testing.assert_allclose(logits, run(gru(keeps=True, first=True), functions), atol=1e-5)


GRUS = {f"keeps {k}, first {f}": (k, f) for k in (True, False) for f in (True, False)}


@pytest.mark.parametrize("keeps, first", GRUS.values(), ids=GRUS)
def test_a_text_decides_on_the_equations_of_a_gru(keeps, first, tmp_path):
    arrays, output, functions = separate("rzn", recurrent=1.0)
    functions["nx"] = lambda x: arrays["n"][0] @ x + arrays["n"][2]
    functions["nh"] = lambda h: arrays["n"][1] @ h
    weights = {"W_out": output[0], "b_out": output[1]}
    for gate, (w, u, b) in arrays.items():
        weights |= {f"W_{gate}": w, f"U_{gate}": u, f"b_{gate}": b}
    with pytest.raises(RnnreplError, match=r"a hand-written GRU, whose equations.*--data"):
        imported(tmp_path, pickle.dumps(weights))
    cell = gru(keeps, first)
    (tmp_path / "text.txt").write_text(text_of(cell, functions))
    logits, model = imported(tmp_path, pickle.dumps(weights), data=tmp_path / "text.txt")
    np.testing.assert_allclose(logits, run(cell, functions), atol=1e-5)
    assert "The text of --data decides that the update gate" in model.notes[0]
