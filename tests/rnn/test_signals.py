"""Traces and clamps on both runtimes, against a plain float64 forward pass."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn import signals
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.rnn.torch_network import TorchNetwork
from tests.rnn import reference, traced_reference

VOCABULARY = 9

SHAPES = {
    "one layer": {"embed": 5, "hidden": (6,)},
    "three layers of different sizes": {"embed": 4, "hidden": (6, 3, 5)},
    "tied": {"embed": 6, "hidden": (6, 6), "tied": True},
    "normed with residuals": {"embed": 6, "hidden": (6, 6), "norm": True},
    "normed and projected": {"embed": 4, "hidden": (6, 5, 5), "norm": True, "projection": 3},
}
RUNTIMES = {
    "float64": (lambda *given: NumpyNetwork(*given, np.float64), 1e-12),
    "float32": (NumpyNetwork, 5e-5),
    "torch": (TorchNetwork, 5e-5),
}


KINDS = {
    f"{cell} {name}": {"cell": cell, **shape}
    for cell in ("lstm", "gru", "rnn", "relu")
    for name, shape in SHAPES.items()
} | reference.IMPORTED


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def config(request):
    return NetworkConfig(vocabulary=VOCABULARY, **request.param)


@pytest.fixture(params=RUNTIMES)
def runtime(request):
    return RUNTIMES[request.param]


@pytest.fixture
def network(runtime, config):
    return runtime[0](config, reference.weights(config))


@pytest.fixture
def close(runtime):
    return lambda mine, theirs: np.testing.assert_allclose(mine, theirs, rtol=0, atol=runtime[1])


def text(config, length, seed=1):
    ids = np.random.default_rng(seed).integers(0, config.vocabulary, length)
    return np.array([config.start, *ids])


def state(network, seed=3, texts=()):
    """A state in the middle of some text; for several texts (B, S)."""
    values = np.random.default_rng(seed).normal(0, 0.5, (*texts, network.config.state))
    return values.astype(network.initial().dtype)


def clamp(network, seed=4, texts=()):
    """Values for a third of the state."""
    random = np.random.default_rng(seed)
    values = random.normal(0, 0.7, (*texts, network.config.state))
    values[random.random(values.shape) > 1 / 3] = np.nan
    return values.astype(network.initial().dtype)


@pytest.mark.parametrize("clamped", [False, True], ids=["free", "clamped"])
def test_a_trace_equals_the_reference(config, network, close, clamped):
    ids, begin = text(config, 12), state(network)
    held = clamp(network) if clamped else None
    expected, end = traced_reference.trace(config, reference.weights(config), ids, begin, held)
    names = list(signals.widths(config))
    trace = network.trace(ids, begin, names, held)
    assert list(trace) == names == [name for name in names if name in expected]
    for name, width in signals.widths(config).items():
        assert trace[name].shape == (13, width)
        close(trace[name], expected[name])
    close(signals.last_state(trace, config), end)


def test_a_trace_in_two_parts_equals_the_whole(config, network, close):
    ids, begin, names = text(config, 9), state(network), list(signals.widths(config))
    whole = network.trace(ids, begin, names)
    first = network.trace(ids[:4], begin, names)
    second = network.trace(ids[4:], signals.last_state(first, config), names)
    for name in names:
        close(np.concatenate([first[name], second[name]]), whole[name])


def test_a_trace_has_only_the_signals_that_were_named_and_leaves_the_state(config, network):
    begin = state(network)
    kept = begin.copy()
    assert list(network.trace(text(config, 3), begin, ["layers.0.h"])) == ["layers.0.h"]
    np.testing.assert_array_equal(begin, kept)


def test_an_unknown_signal_is_an_error(config, network):
    with pytest.raises(RnnreplError, match=r"There is no signal 'layers\.9\.h'"):
        network.trace(text(config, 3), state(network), ["layers.9.h"])


def test_clamped_steps_equal_the_reference(config, network, close):
    ids, now, held = text(config, 8), state(network), clamp(network)
    expected, end = traced_reference.trace(config, reference.weights(config), ids, now, held)
    for t, id in enumerate(ids.tolist()):
        logits, now = network.step(id, now, held)
        close(logits, expected["logits"][t])
    close(now, end)


def test_clamped_batches_equal_the_reference_with_a_clamp_for_each_text(config, network, close):
    states, held = state(network, texts=(3,)), clamp(network, texts=(3,))
    texts = [text(config, length, seed).tolist() for seed, length in enumerate([8, 8, 3])]
    ids, counts = reference.packed(texts)
    hidden, after = network.forward(ids, counts, states, held)
    weights = reference.weights(config)
    for b, own in enumerate(texts):
        expected, end = traced_reference.trace(config, weights, own, states[b], held[b])
        close(network.logits(hidden[reference.rows(counts, b)]), expected["logits"])
        close(after[b], end)


@pytest.mark.parametrize("layer", [0, 1, None], ids=["in layer 0", "in layer 1", "nowhere"])
def test_the_same_text_with_different_clamps_is_read_as_it_would_be_alone(
    config, network, close, layer
):
    rows, ids = 4, text(config, 7)
    held = np.full((rows, config.state), np.nan, network.initial().dtype)
    if layer is not None:
        layer = min(layer, config.layers - 1)
        for row in range(1, rows):
            held[row, signals.flat_index(config, layer, row % config.hidden[layer])] = row / 4
    states = state(network)[None].repeat(rows, 0)
    packed, weights = np.repeat(ids, rows), reference.weights(config)
    hidden, after = network.forward(packed, [rows] * len(ids), states, held)
    hidden = hidden.reshape(len(ids), rows, -1)
    for row in range(rows):
        expected, end = traced_reference.trace(config, weights, ids, states[row], held[row])
        close(network.logits(hidden[:, row]), expected["logits"])
        close(after[row], end)


def test_clamped_tokens_of_many_texts_equal_single_steps(config, network, close):
    states, ids = state(network, texts=(4,)), np.array([1, 5, VOCABULARY, 1])
    each, shared = clamp(network, texts=(4,)), clamp(network)
    for held in (each, shared):
        logits, after = network.steps(ids, states, held)
        for b, id in enumerate(ids.tolist()):
            own = held[b] if held.ndim == 2 else held
            alone, end = network.step(id, states[b], own)
            close(logits[b], alone)
            close(after[b], end)


@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_a_clamp_that_holds_nothing_changes_no_bit(config, kind):
    network = RUNTIMES[kind][0](config, reference.weights(config))
    ids, begin = text(config, 6), state(network)
    free = np.full(config.state, np.nan, begin.dtype)
    batch, counts = np.repeat(ids, 2), [2] * 7
    pairs = [
        (network.step(3, begin), network.step(3, begin, free)),
        (
            network.steps(ids[:2], begin[None].repeat(2, 0)),
            network.steps(ids[:2], begin[None].repeat(2, 0), free),
        ),
        (
            network.forward(ids, [1] * 7, begin[None]),
            network.forward(ids, [1] * 7, begin[None], free),
        ),
        (
            network.forward(batch, counts, begin[None].repeat(2, 0)),
            network.forward(batch, counts, begin[None].repeat(2, 0), free),
        ),
    ]
    for plain, held in pairs:
        for expected, actual in zip(plain, held, strict=True):
            np.testing.assert_array_equal(expected, actual)


def test_flat_indices_place_the_units_in_the_state(config, network):
    trace = network.trace(text(config, 2), state(network), signals.state_names(config))
    flat = signals.last_state(trace, config)
    for name in signals.state_names(config):
        _, layer, part = name.split(".")
        for unit, value in enumerate(trace[name][-1]):
            assert flat[signals.flat_index(config, int(layer), unit, part)] == value
