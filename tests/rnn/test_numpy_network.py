"""The numpy runtime against the float64 reference, step by step and in batches."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.numpy_network import NumpyNetwork
from tests.rnn import reference

VOCABULARY = 11

SHAPES = {
    "one layer": {"embed": 5, "hidden": (6,)},
    "two layers, tied": {"embed": 6, "hidden": (6, 6), "tied": True},
    "layers of different sizes": {"embed": 4, "hidden": (7, 3, 5)},
    "projected": {"embed": 4, "hidden": (6, 5), "projection": 3},
    "projected and tied": {"embed": 4, "hidden": (6, 5), "projection": 4, "tied": True},
    "normed with a residual": {"embed": 6, "hidden": (6, 6), "norm": True},
    "normed, sizes differ": {"embed": 4, "hidden": (6, 5, 5), "norm": True, "projection": 3},
    "trained start": {"embed": 5, "hidden": (6, 4), "initial": "learnt"},
}


KINDS = {
    f"{cell} {name}": {"cell": cell, **shape}
    for cell in ("lstm", "gru", "rnn", "relu")
    for name, shape in SHAPES.items()
} | reference.IMPORTED


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def config(request):
    return NetworkConfig(vocabulary=VOCABULARY, **request.param)


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def network(request, config):
    return NumpyNetwork(config, reference.weights(config), request.param)


def close(network, mine, theirs):
    exact = network.initial().dtype == np.float64
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 if exact else 2e-5)


def text(config, length, seed=1):
    ids = np.random.default_rng(seed).integers(0, config.vocabulary, length)
    return [config.start, *ids.tolist()]


def test_steps_equal_the_reference_from_the_start_of_a_text(config, network):
    ids = text(config, 12)
    logits, state = reference.forward(config, reference.weights(config), ids)
    mine = network.initial()
    for t, id in enumerate(ids):
        row, mine = network.step(id, mine)
        close(network, row, logits[t])
    close(network, mine, state)


def test_a_batch_equals_the_reference_from_carried_states(config, network):
    weights = reference.weights(config)
    states = np.random.default_rng(3).normal(0, 0.5, (4, config.state))
    texts = [text(config, length, seed) for seed, length in enumerate([9, 9, 6, 2])]
    ids, counts = reference.packed(texts)
    hidden, after = network.forward(ids, counts, states.astype(network.initial().dtype))
    assert hidden.shape == (30, config.output)
    for b, own in enumerate(texts):
        logits, state = reference.forward(config, weights, own, states[b])
        close(network, network.logits(hidden[reference.rows(counts, b)]), logits)
        close(network, after[b], state)


@pytest.mark.parametrize("width", [3, VOCABULARY + 5])
def test_texts_side_by_side_equal_each_text_alone(config, network, width):
    random = np.random.default_rng(2)
    states = random.normal(0, 0.5, (width, config.state)).astype(network.initial().dtype)
    ids = random.integers(0, config.vocabulary + 1, width)
    given = states.copy()
    logits, after = network.steps(ids, states)
    again, _ = network.steps(ids, after)
    np.testing.assert_array_equal(states, given)
    for row, id in enumerate(ids.tolist()):
        alone, state = network.step(id, states[row])
        close(network, logits[row], alone)
        close(network, after[row], state)
        close(network, again[row], network.step(id, state)[0])


def test_a_text_in_two_parts_equals_the_whole(config, network):
    ids = np.array(text(config, 11))
    whole, end = network.forward(ids, [1] * 12, network.initial()[None])
    first, between = network.forward(ids[:5], [1] * 5, network.initial()[None])
    second, after = network.forward(ids[5:], [1] * 7, between)
    close(network, np.concatenate([first, second]), whole)
    close(network, after, end)


def test_the_given_state_is_not_modified(config, network):
    state = network.initial() + 0.25
    kept = state.copy()
    network.step(3, state)
    network.forward(np.array([3, 4]), [1, 1], state[None])
    np.testing.assert_array_equal(state, kept)


def test_a_new_state_shares_no_memory_with_the_old_one(config, network):
    state = network.initial()
    _, new = network.step(1, state)
    assert not np.shares_memory(state, new)
    assert not np.shares_memory(network.initial(), network.initial())


def test_large_activations_saturate_without_a_warning(config):
    weights = {name: array * 100 for name, array in reference.weights(config).items()}
    network = NumpyNetwork(config, weights)
    logits, state = network.step(2, network.initial() + 50)
    assert np.isfinite(logits).all() and np.isfinite(state).all()


@pytest.mark.parametrize("read", ["step", "steps", "forward", "trace"])
def test_a_state_that_overflows_is_one_sentence(read):
    config = NetworkConfig(vocabulary=5, embed=4, hidden=(4, 4), cell="relu")
    weights = {name: np.full(shape, 9e5) for name, shape in config.shapes().items()}
    network = NumpyNetwork(config, weights)
    ids, state = np.ones(20, np.intp), network.initial()

    def use():
        if read == "forward":
            network.forward(ids, [1] * 20, state[None])
        if read == "trace":
            network.trace(ids, state, ["layers.0.h"])
        if read == "step":
            for id in ids:
                state[:] = network.step(id, state)[1]
        if read == "steps":
            network.steps(ids[:3], np.repeat(state[None], 3, 0) + 1e9)

    with pytest.raises(RnnreplError, match="overflows"):
        use()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "relu"])
def test_layers_whose_products_are_computed_in_tiles_equal_the_reference(cell):
    config = NetworkConfig(vocabulary=VOCABULARY, embed=3, hidden=(64, 128), cell=cell)
    weights = {name: array / 8 for name, array in reference.weights(config).items()}
    network = NumpyNetwork(config, weights, np.float64)
    texts = [text(config, length, seed) for seed, length in enumerate([7, 7, 6, 3, 3, 2])]
    states = np.random.default_rng(3).normal(0, 0.5, (len(texts), config.state))
    ids, counts = reference.packed(texts)
    hidden, after = network.forward(ids, counts, states)
    for b, own in enumerate(texts):
        logits, state = reference.forward(config, weights, own, states[b])
        close(network, network.logits(hidden[reference.rows(counts, b)]), logits)
        close(network, after[b], state)
