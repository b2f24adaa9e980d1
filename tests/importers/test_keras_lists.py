"""keras_lists: lists score as Keras, or "Deep Learning from Scratch 2", computes them."""

import io
import json
import pickle

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.importers import CheckpointFile, keras_lists
from rnnrepl.model import load
from tests.importers.keras_files import log_probabilities, model, sigmoid

CHARACTERS = "\n abcdefghij"
IDS = [0, 3, 1, 11, 4, 4, 7]


def npz(arrays):
    stream = io.BytesIO()
    np.savez(stream, *arrays)
    return stream.getvalue()


def npy(arrays):
    stream = io.BytesIO()
    listed = np.empty(len(arrays), dtype=object)
    listed[:] = arrays
    np.save(stream, listed, allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize("write", [pickle.dumps, npz, npy], ids=["pickle", "npz", "npy"])
@pytest.mark.parametrize("one_hot", [False, True], ids=["embedded", "one-hot"])
@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_scores_equal_the_formulas_of_keras(cell, one_hot, write, tmp_path):
    parts = model(cell, one_hot=one_hot)
    arrays = [array for layer in parts[1].values() for array in layer.values()]
    (tmp_path / "weights").write_bytes(write(arrays))
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    file = CheckpointFile(tmp_path / "weights")
    result = importers.read(file)
    assert "default activations of Keras are assumed" in result.notes[0]
    assert any("order of Keras, i, f, c, o" in note for note in result.notes) == (cell == "LSTM")
    result.write(tmp_path / "imported", file.origin())
    text = "".join(CHARACTERS[id] for id in IDS[1:])
    tokens = load(tmp_path / "imported").score(text, unit="nats", eos=False).tokens
    expected = log_probabilities(*parts, IDS)
    np.testing.assert_allclose(
        [token.surprisal for token in tokens],
        [-expected[t, id] for t, id in enumerate(IDS[1:])],
        atol=1e-5,
    )


OTHERS = {
    "weights in the layout of torch": [(12, 5), (28, 5), (28, 7), (28,), (28,), (12, 7), (12,)],
    "no recurrent layer": [(12, 5), (5, 9), (9,), (9, 12), (12,)],
    "an array too many": [(12, 5), (5, 28), (7, 28), (28,), (7, 12), (12,), (3, 3, 3)],
    "a scalar": [(), (5, 28), (7, 28), (28,)],
    "nothing": [],
    "a GRU without a kernel of the output": [(12, 7), (7, 21), (7, 21), (21,), (12,)],
    "a bias of another size than the embedding": [(12, 7), (7, 28), (7, 28), (28,), (11,)],
}


@pytest.mark.parametrize("shapes", OTHERS.values(), ids=OTHERS)
def test_other_lists_are_none(shapes):
    assert keras_lists.read([np.ones(shape) for shape in shapes]) is None


V, H = len(CHARACTERS), 7
ORDERS = {"book": "fgio", "Keras": "ifgo"}


def arrays_of(layers, *, tied, dtype, scale=1.5):
    """A list as the book's `save_params` writes it: the embedding, the LSTMs, kernel and bias."""
    draw = np.random.default_rng(5).normal
    shapes = [(V, H), *[(H, 4 * H), (H, 4 * H), (4 * H,)] * layers, (H, V), (V,)]
    arrays = [draw(0, scale, shape).astype(dtype) for shape in shapes]
    if tied:
        del arrays[-2]
    return arrays


def logits(arrays, order, ids):
    """The logits (T, V) after each of ids by the formulas of the book, in float64."""
    embedding, *layers, bias = (array.astype(np.float64) for array in arrays)
    kernel = layers.pop() if len(layers) % 3 else embedding.T
    x = embedding[ids]
    for k in range(0, len(layers), 3):
        h, c, outputs = np.zeros(H), np.zeros(H), []
        for step in x:
            parts = np.split(step @ layers[k] + h @ layers[k + 1] + layers[k + 2], 4)
            gates = dict(zip(order, parts, strict=True))
            c = sigmoid(gates["f"]) * c + np.tanh(gates["g"]) * sigmoid(gates["i"])
            h = sigmoid(gates["o"]) * np.tanh(c)
            outputs.append(h)
        x = np.array(outputs)
    return x @ kernel + bias


def check(folder, arrays, order, **options):
    """Imports a list and compares its scores with the formulas; returns the notes."""
    (folder / "Rnnlm.pkl").write_bytes(pickle.dumps(arrays))
    (folder / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    file = CheckpointFile(folder / "Rnnlm.pkl", **options)
    result = importers.read(file)
    result.write(folder / "imported", file.origin())
    text = "".join(CHARACTERS[id] for id in IDS[1:])
    tokens = load(folder / "imported").score(text, unit="nats", eos=False).tokens
    x = logits(arrays, order, IDS)
    expected = np.logaddexp.reduce(x, axis=1)[:-1] - x[np.arange(len(IDS) - 1), IDS[1:]]
    np.testing.assert_allclose([token.surprisal for token in tokens], expected, atol=1e-5)
    return result.notes


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("tied", [True, False])
def test_half_precision_is_read_in_the_order_of_the_book(layers, tied, tmp_path):
    arrays = arrays_of(layers, tied=tied, dtype=np.float16, scale=0.5)
    notes = check(tmp_path, arrays, ORDERS["book"])
    assert '"Deep Learning from Scratch 2", f, g, i, o' in notes[0]
    assert not any("default activations of Keras" in note for note in notes)


def test_an_output_tied_to_the_embedding_is_of_the_book(tmp_path):
    arrays = arrays_of(2, tied=True, dtype=np.float32, scale=0.5)
    check(tmp_path, arrays, ORDERS["book"])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_text_decides_on_the_order_of_the_gates(order, dtype, tmp_path):
    arrays = arrays_of(1, tied=False, dtype=dtype)
    generator, ids = np.random.default_rng(0), [0]
    for _ in range(400):
        last = logits(arrays, order, ids[-20:])[-1]  # the network forgets within 20 characters
        p = np.exp(last - last.max())
        ids.append(int(generator.choice(V, p=p / p.sum())))
    (tmp_path / "text.txt").write_text("".join(CHARACTERS[id] for id in ids))
    notes = check(tmp_path, arrays, order, data=tmp_path / "text.txt")
    assert any("The text of --data decides that the gates" in note for note in notes)
