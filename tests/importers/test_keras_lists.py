"""keras_lists: lists of arrays as `get_weights` returns them score as Keras computes them."""

import io
import json
import pickle

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.importers import CheckpointFile, keras_lists
from rnnrepl.model import load
from tests.importers.keras_files import log_probabilities, model

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
}


@pytest.mark.parametrize("shapes", OTHERS.values(), ids=OTHERS)
def test_other_lists_are_none(shapes):
    assert keras_lists.read([np.ones(shape) for shape in shapes]) is None
