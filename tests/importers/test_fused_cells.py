"""fused_cells: cells with all gates in one matrix score as their formulas in float64."""

import io
import json
import pickle
from itertools import pairwise

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, fused_cells
from rnnrepl.importers.parts import split_parts
from tests.importers.test_gated_cells import sigmoid
from tests.importers.test_plain import CHARACTERS, IDS, logits_of

V, H, D = len(CHARACTERS), 7, 5


class Network:
    """Layers whose products have one block of H a gate, in a given order.

    `cell` maps the two products by gate, h and c to the new h and c.
    """

    def __init__(self, cell, order, *, embed=D, layers=1, seed=1):
        draw = np.random.default_rng(seed).normal
        self.cell, self.order = cell, order
        rows, widths = len(order) * H, [embed] + [H] * (layers - 1)
        self.table = draw(0, 1, (V, embed))
        self.layers = [
            (draw(0, 0.7, (rows, width)), draw(0, 0.3, rows), draw(0, 1, (rows, H)))
            for width in widths
        ]
        self.output, self.bias = draw(0, 3, (V, H)), draw(0, 0.5, V)

    def start(self):
        return [(np.zeros(H), np.zeros(H)) for _ in self.layers]

    def step(self, id, state):
        x, new = self.table[id], []
        for (w, b, u), (h, c) in zip(self.layers, state, strict=True):
            products = (np.split(a, len(self.order)) for a in (w @ x + b, u @ h))
            gates = [dict(zip(self.order, blocks, strict=True)) for blocks in products]
            again = dict(zip(self.order, np.split(u, len(self.order)), strict=True))
            new.append(self.cell(*gates, h, c, again))
            x = new[-1][0]
        return self.output @ x + self.bias, new

    def logits(self):
        state, rows = self.start(), []
        for id in IDS:
            logits, state = self.step(id, state)
            rows.append(logits)
        return np.array(rows)

    def text(self, length=600):
        """A text that the network writes, which no other order of the gates predicts as well."""
        generator, ids, state = np.random.default_rng(0), [0], self.start()
        for _ in range(length):
            logits, state = self.step(ids[-1], state)
            p = np.exp(logits - logits.max())
            ids.append(int(generator.choice(V, p=p / p.sum())))
        return "".join(CHARACTERS[id] for id in ids)


def lstm(x, h_products, h, c, _):
    i, f, o = (sigmoid(x[gate] + h_products[gate]) for gate in "ifo")
    c = f * c + i * np.tanh(x["g"] + h_products["g"])
    return o * np.tanh(c), c


def gru(keeps, first):
    def cell(x, h_products, h, c, matrices):
        r, z = (sigmoid(x[gate] + h_products[gate]) for gate in "rz")
        n = np.tanh(x["n"] + (matrices["n"] @ (r * h) if first else r * h_products["n"]))
        return (z * h + (1 - z) * n if keeps else (1 - z) * h + z * n), c

    return cell


def of_linear_layers(network):
    """W and U of torch.nn, numbered, with two biases."""
    weights = {"embedding.weight": network.table, "fc.weight": network.output}
    weights |= {"fc.bias": network.bias}
    for k, (w, b, u) in enumerate(network.layers):
        weights |= {f"cells.{k}.i2h.weight": w, f"cells.{k}.i2h.bias": b - 0.25}
        weights |= {f"cells.{k}.h2h.weight": u, f"cells.{k}.h2h.bias": np.full(len(b), 0.25)}
    return weights


def of_letters(network):
    ((w, b, u),) = network.layers
    weights = {"E.weight": network.table, "W.weight": w, "W.bias": b, "U.weight": u}
    return weights | {"W_out.weight": network.output, "W_out.bias": network.bias}


def of_rows(network):
    """Parameters that multiply rows, as in `x @ W + h @ U + b`."""
    ((w, b, u),) = network.layers
    weights = {"embed": network.table, "lstm.W": w.T, "lstm.U": u.T, "lstm.bias": b}
    return weights | {"Wy": network.output.T, "by": network.bias}


def of_both(network, state_first=False):
    """One matrix a layer for input and state."""
    weights = {"embedding.weight": network.table}
    weights |= {"out.weight": network.output, "out.bias": network.bias}
    for k, (w, b, u) in enumerate(network.layers):
        both = np.concatenate([u, w] if state_first else [w, u], 1)
        weights |= {f"layer{k}.gates.weight": both, f"layer{k}.gates.bias": b}
    return weights


def of_both_state_first(network):
    return of_both(network, state_first=True)


CASES = {
    "two linear layers": (of_linear_layers, {}),
    "two layers of them": (of_linear_layers, {"layers": 2}),
    "as wide as the embedding": (of_linear_layers, {"layers": 2, "embed": H, "seed": 3}),
    "letters": (of_letters, {}),
    "letters, as wide as the embedding": (of_letters, {"embed": H}),
    "rows": (of_rows, {}),
    "one matrix": (of_both, {}),
    "one matrix, the state first": (of_both_state_first, {}),
    "one matrix in each of two layers": (of_both, {"layers": 2}),
}


def imported(folder, weights, **options):
    (folder / "model.pkl").write_bytes(pickle.dumps(weights))
    (folder / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    return logits_of(folder / "model.pkl", folder / "imported", **options)


@pytest.mark.parametrize("layout, sizes", CASES.values(), ids=CASES)
def test_a_text_decides_on_the_order_of_the_gates(layout, sizes, tmp_path):
    order = "ifog" if len(sizes) == 1 else "gfio"
    network = Network(lstm, order, **sizes)
    weights = layout(network)
    with pytest.raises(RnnreplError, match=r"LSTM with all gates in one.*does not say.*--data"):
        imported(tmp_path, weights)
    (tmp_path / "text.txt").write_text(network.text())
    logits, model = imported(tmp_path, weights, data=tmp_path / "text.txt")
    np.testing.assert_allclose(logits, network.logits(), atol=1e-5)
    assert f"its gates are in the order {', '.join(order)}" in model.notes[0]


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("order", ["rzn", "nzr"])
def test_a_text_decides_on_a_gru(order, keeps, first, tmp_path):
    network = Network(gru(keeps, first), order)
    weights = of_linear_layers(network)
    weights["cells.0.i2h.bias"] += 0.25
    weights["cells.0.h2h.bias"] *= 0
    with pytest.raises(RnnreplError, match=r"GRU with all gates in one.*does not say.*--data"):
        imported(tmp_path, weights)
    (tmp_path / "text.txt").write_text(network.text())
    logits, model = imported(tmp_path, weights, data=tmp_path / "text.txt")
    np.testing.assert_allclose(logits, network.logits(), atol=1e-5)
    assert f"its gates are in the order {', '.join(order)}" in model.notes[0]


@pytest.mark.parametrize("prefix", ["", "predictor/"])
@pytest.mark.parametrize("layers", [1, 2])
def test_reads_chainer_without_a_text(layers, prefix, tmp_path):
    network = Network(lstm, "gifo", layers=layers, embed=H)

    def by_unit(array):  # a row for each gate of the first unit, then of the second, ...
        blocks = np.split(array, 4)
        return np.stack([block[unit] for unit in range(H) for block in blocks])

    weights = {"embed/W": network.table}
    for k, (w, b, u) in enumerate(network.layers, 1):
        weights |= {f"l{k}/upward/W": by_unit(w), f"l{k}/upward/b": by_unit(b)}
        weights |= {f"l{k}/lateral/W": by_unit(u)}
    weights |= {f"l{layers + 1}/W": network.output, f"l{layers + 1}/b": network.bias}
    stream = io.BytesIO()
    np.savez(stream, **{prefix + name: array for name, array in weights.items()})
    (tmp_path / "model.npz").write_bytes(stream.getvalue())
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    logits, _ = logits_of(tmp_path / "model.npz", tmp_path / "imported")
    np.testing.assert_allclose(logits, network.logits(), atol=1e-5)


def test_readings_share_their_arrays():
    weights = of_both(Network(lstm, "ifgo"))
    readings = fused_cells.infer(split_parts(weights))
    assert len(readings.all) == 48
    for first, second in pairwise(readings.all[:24]):
        assert first.weights["rnn.weight_ih_l0"] is second.weights["rnn.weight_ih_l0"]


def test_the_matrix_of_the_input_is_the_first_of_a_list():
    network = Network(lstm, "ifgo", embed=H)
    ((w, b, u),) = network.layers
    weights = [network.table, w.T, u.T, b, network.output.T, network.bias]
    readings = fused_cells.infer(split_parts({str(k): array for k, array in enumerate(weights)}))
    assert len(readings.all) == 24
    np.testing.assert_array_equal(readings.all[0].weights["rnn.weight_ih_l0"], w)


def test_a_vector_without_a_place_is_named(tmp_path):
    weights = of_letters(Network(lstm, "ifgo")) | {"extra": np.ones(3)}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(weights))
    with pytest.raises(RnnreplError, match=r"extra \(3\) have no place in the cell"):
        importers.read(CheckpointFile(tmp_path / "model.pkl"))
