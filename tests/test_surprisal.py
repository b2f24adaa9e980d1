"""Surprisal, rank and entropy against float64 softmaxes."""

import numpy as np
import pytest

from rnnrepl import surprisal
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from tests.rnn import reference

CONFIG = NetworkConfig(vocabulary=13, embed=6, hidden=(6, 6), norm=True)
WEIGHTS = reference.weights(CONFIG)
IDS = np.random.default_rng(5).integers(0, 13, 50)


@pytest.fixture
def network():
    return NumpyNetwork(CONFIG, WEIGHTS, np.float64)


def begin(network):
    return Context(network.initial(), CONFIG.start)


@pytest.fixture
def log_p():
    """ln P of every token at every place: (T, V)."""
    logits, _ = reference.forward(CONFIG, WEIGHTS, [CONFIG.start, *IDS[:-1].tolist()])
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def test_every_measure_equals_its_definition(network, log_p):
    found, _ = surprisal.measure(network, IDS, begin(network), top=3)
    own = log_p[np.arange(50), IDS]
    np.testing.assert_allclose(found.nats, -own, atol=1e-12)
    np.testing.assert_allclose(found.entropy, -(np.exp(log_p) * log_p).sum(1), atol=1e-12)
    np.testing.assert_array_equal(found.rank, 1 + (log_p > own[:, None]).sum(1))
    np.testing.assert_array_equal(found.top_ids, np.argsort(-log_p, 1)[:, :3])
    np.testing.assert_allclose(found.top_nats, -np.sort(-log_p, 1)[:, :3] * -1, atol=1e-12)


def test_the_first_token_is_scored_on_the_start_and_not_on_itself(network, log_p):
    found, _ = surprisal.measure(network, IDS[:1], begin(network))
    assert found.nats[0] == pytest.approx(-log_p[0, IDS[0]], abs=1e-12)


def test_the_short_way_gives_the_same_surprisals(network):
    full, after = surprisal.measure(network, IDS, begin(network))
    short, same = surprisal.surprisals(network, IDS, begin(network))
    np.testing.assert_array_equal(short, full.nats)
    np.testing.assert_array_equal(after.state, same.state)
    assert after.id == same.id == IDS[-1]


def test_small_blocks_change_nothing(network, monkeypatch):
    whole, end = surprisal.measure(network, IDS, begin(network), top=2)
    monkeypatch.setattr(surprisal, "BLOCK", 7 * CONFIG.vocabulary)
    parts, same = surprisal.measure(network, IDS, begin(network), top=2)
    np.testing.assert_allclose(parts.nats, whole.nats, atol=1e-12)
    np.testing.assert_allclose(parts.top_nats, whole.top_nats, atol=1e-12)
    np.testing.assert_allclose(same.state, end.state, atol=1e-12)


def test_a_carried_context_equals_the_whole_text(network):
    whole, _ = surprisal.measure(network, IDS, begin(network))
    first, between = surprisal.measure(network, IDS[:20], begin(network))
    second, _ = surprisal.measure(network, IDS[20:], between)
    np.testing.assert_allclose(np.concatenate([first.nats, second.nats]), whole.nats, atol=1e-12)


def test_reading_gives_the_context_of_scoring(network):
    _, scored = surprisal.measure(network, IDS, begin(network))
    read = surprisal.read(network, IDS, begin(network))
    np.testing.assert_allclose(read.state, scored.state, atol=1e-12)
    assert read.id == scored.id


def test_nothing_is_scored_of_an_empty_text(network):
    context = begin(network)
    found, after = surprisal.measure(network, IDS[:0], context, top=2)
    assert found.nats.shape == (0,) and found.top_ids.shape == (0, 2)
    assert after is context
    assert surprisal.read(network, IDS[:0], context) is context


def test_a_token_of_no_probability_has_a_finite_surprisal():
    weights = WEIGHTS | {"decoder.bias": np.where(np.arange(13) == 4, -1e4, 0).astype(np.float32)}
    network = NumpyNetwork(CONFIG, weights)
    found, _ = surprisal.measure(network, np.array([4]), begin(network))
    assert 9_900 < found.nats[0] < 10_100


def test_equal_logits_share_the_better_rank(network, monkeypatch):
    monkeypatch.setattr(network, "logits", lambda hidden: np.zeros((len(hidden), 13)))
    found, _ = surprisal.measure(network, IDS, begin(network))
    assert set(found.rank) == {1}
    np.testing.assert_allclose(found.entropy, np.log(13))


def test_more_alternatives_than_tokens_are_all_tokens(network):
    found, _ = surprisal.measure(network, IDS[:2], begin(network), top=99)
    assert found.top_ids.shape == (2, 13)
