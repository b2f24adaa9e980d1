"""The torch runtime against the float64 reference and the numpy runtime."""

import numpy as np
import pytest
import torch

from rnnrepl.rnn.config import CELLS, NetworkConfig
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.rnn.torch_network import TorchNetwork
from tests.rnn import reference

VOCABULARY = 7

KINDS = {
    "one layer": {"embed": 5, "hidden": (6,)},
    "three layers of different sizes": {"embed": 4, "hidden": (6, 5, 3)},
    "tied": {"embed": 6, "hidden": (6, 6), "tied": True},
    "projected": {"embed": 4, "hidden": (6, 5), "projection": 3},
    "projected and tied": {"embed": 4, "hidden": (6, 5), "projection": 4, "tied": True},
    "normed, with residuals": {"embed": 6, "hidden": (6, 6), "norm": True},
    "normed, one residual": {"embed": 4, "hidden": (6, 6), "norm": True, "projection": 3},
    "trained start": {"embed": 5, "hidden": (6, 4), "initial": "learnt"},
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


CONFIGS = {
    f"{cell} {name}": {"cell": cell, **kind} for cell in CELLS for name, kind in KINDS.items()
} | reference.IMPORTED


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS)
def config(request):
    return NetworkConfig(vocabulary=VOCABULARY, **request.param)


@pytest.fixture
def weights(config):
    return reference.weights(config)


@pytest.fixture
def network(config, weights):
    return TorchNetwork(config, weights)


def same(mine, theirs):
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=5e-6)


def a_text(length, seed=0):
    return np.random.default_rng(seed).integers(0, VOCABULARY, length)


def test_a_batch_from_the_start_of_a_text_equals_the_reference(config, weights, network):
    texts = [[config.start, *a_text(length)] for length in (5, 3, 3, 1)]
    ids, counts = reference.packed(texts)
    hidden, states = network.forward(ids, counts, np.stack([network.initial()] * 4))
    for b, text in enumerate(texts):
        expected, after = reference.forward(config, weights, text)
        same(network.logits(hidden[reference.rows(counts, b)]), expected)
        same(states[b], after)


def test_a_carried_state_equals_the_reference(config, weights, network):
    state = np.random.default_rng(1).normal(0, 0.5, (1, config.state)).astype(np.float32)
    hidden, after = network.forward(a_text(4), [1] * 4, state)
    expected, last = reference.forward(config, weights, a_text(4).tolist(), state[0])
    same(network.logits(hidden), expected)
    same(after[0], last)


def test_steps_equal_the_reference(config, weights, network):
    text = [config.start, *a_text(4).tolist()]
    expected, last = reference.forward(config, weights, text)
    state = network.initial()
    for id, row in zip(text, expected, strict=True):
        logits, state = network.step(id, state)
        same(logits, row)
    same(state, last)


def test_both_runtimes_agree_and_accept_each_others_states(config, weights, network):
    numpy = NumpyNetwork(config, weights)
    _, carried = numpy.forward(a_text(3), [1] * 3, numpy.initial()[None])
    mine, theirs = (
        network.forward(a_text(4), [1] * 4, carried),
        numpy.forward(a_text(4), [1] * 4, carried),
    )
    same(mine[0], theirs[0])
    same(mine[1], theirs[1])


def test_steps_of_several_texts_equal_the_other_runtime(config, weights, network):
    numpy = NumpyNetwork(config, weights)
    ids, states = a_text(4), np.repeat(numpy.initial()[None], 4, 0)
    for mine, theirs in zip(network.steps(ids, states), numpy.steps(ids, states), strict=True):
        same(mine, theirs)


def test_the_given_state_is_not_modified(config, network):
    state = network.initial()
    before = state.copy()
    network.step(1, state)
    assert (state == before).all()
    state += 1
    same(network.initial(), before)
