"""Surprisal, rank and entropy against float64 softmaxes."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.scoring import surprisal
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
    """ln P of every token at every position: (T, V)."""
    logits, _ = reference.forward(CONFIG, WEIGHTS, [CONFIG.start, *IDS[:-1].tolist()])
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def test_every_measure_equals_its_definition(network, log_p):
    measures, _ = surprisal.measure(network, IDS, begin(network), top=3)
    own = log_p[np.arange(50), IDS]
    np.testing.assert_allclose(measures.nats, -own, atol=1e-12)
    np.testing.assert_allclose(measures.entropy, -(np.exp(log_p) * log_p).sum(1), atol=1e-12)
    np.testing.assert_array_equal(measures.rank, 1 + (log_p > own[:, None]).sum(1))
    np.testing.assert_array_equal(measures.top_ids, np.argsort(-log_p, 1)[:, :3])
    np.testing.assert_allclose(measures.top_nats, -np.sort(-log_p, 1)[:, :3] * -1, atol=1e-12)


def test_the_first_token_is_predicted_from_the_start(network, log_p):
    measures, _ = surprisal.measure(network, IDS[:1], begin(network))
    assert measures.nats[0] == pytest.approx(-log_p[0, IDS[0]], abs=1e-12)


def test_surprisals_equal_those_of_measure(network):
    full, after = surprisal.measure(network, IDS, begin(network))
    short, same = surprisal.surprisals(network, IDS, begin(network))
    np.testing.assert_array_equal(short, full.nats)
    np.testing.assert_array_equal(after.state, same.state)
    assert after.id == same.id == IDS[-1]


def test_the_block_size_does_not_change_the_result(network, monkeypatch):
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


def test_reading_gives_the_same_context_as_scoring(network):
    _, scored = surprisal.measure(network, IDS, begin(network))
    read = surprisal.read(network, IDS, begin(network))
    np.testing.assert_allclose(read.state, scored.state, atol=1e-12)
    assert read.id == scored.id


def test_an_empty_text_has_no_measures(network):
    context = begin(network)
    measures, after = surprisal.measure(network, IDS[:0], context, top=2)
    assert measures.nats.shape == (0,) and measures.top_ids.shape == (0, 2)
    assert after is context
    assert surprisal.read(network, IDS[:0], context) is context


def test_a_token_of_vanishing_probability_has_a_finite_surprisal():
    weights = WEIGHTS | {"decoder.bias": np.where(np.arange(13) == 4, -1e4, 0).astype(np.float32)}
    network = NumpyNetwork(CONFIG, weights)
    measures, _ = surprisal.measure(network, np.array([4]), begin(network))
    assert 9_900 < measures.nats[0] < 10_100


def test_equal_logits_share_the_lower_rank(network, monkeypatch):
    monkeypatch.setattr(network, "logits", lambda hidden: np.zeros((len(hidden), 13)))
    measures, _ = surprisal.measure(network, IDS, begin(network))
    assert set(measures.rank) == {1}
    np.testing.assert_allclose(measures.entropy, np.log(13))


def test_top_is_bounded_by_the_vocabulary(network):
    measures, _ = surprisal.measure(network, IDS[:2], begin(network), top=99)
    assert measures.top_ids.shape == (2, 13)


# --- batches of texts ---------------------------------------------------------------------------

LENGTHS = [5, 0, 17, 1, 5, 40, 17, 2, 0, 23]
TEXTS = [np.random.default_rng(n).integers(0, 13, length) for n, length in enumerate(LENGTHS)]


@pytest.mark.parametrize("sizes", [{}, {"CHUNK": 6}, {"BLOCK": 3 * 13}, {"BATCH": 3}], ids=str)
@pytest.mark.parametrize("cores", [1, 3])
def test_a_batch_has_the_measures_of_each_text_alone(network, monkeypatch, sizes, cores):
    alone = [surprisal.measure(network, ids, begin(network), top=2)[0] for ids in TEXTS]
    for name, size in sizes.items():
        monkeypatch.setattr(surprisal, name, size)
    with threadpool_limits(cores, "blas"):
        together = surprisal.measure_all(network, TEXTS, begin(network), top=2)
    for actual, expected in zip(together, alone, strict=True):
        np.testing.assert_allclose(actual.nats, expected.nats, atol=1e-12)
        np.testing.assert_allclose(actual.entropy, expected.entropy, atol=1e-12)
        np.testing.assert_array_equal(actual.rank, expected.rank)
        np.testing.assert_array_equal(actual.top_ids, expected.top_ids)
        np.testing.assert_allclose(actual.top_nats, expected.top_nats, atol=1e-12)


def test_parallel_batches_are_bit_reproducible(monkeypatch):
    texts = [np.random.default_rng(n).integers(0, 90, 9) for n in range(40)]
    config = NetworkConfig(vocabulary=90, embed=64, hidden=(64, 64))
    random = np.random.default_rng(1)
    weights = {n: random.normal(0, 0.3, s).astype("f4") for n, s in config.shapes().items()}
    monkeypatch.setattr(surprisal, "BATCH", 2)

    def scores():
        fresh = NumpyNetwork(config, weights)
        measures = surprisal.measure_all(fresh, texts, begin(fresh))
        return np.concatenate([text.nats for text in measures]).tolist()

    with threadpool_limits(2, "blas"):
        first = scores()
        assert all(scores() == first for _ in range(20))


def test_each_text_of_a_batch_ends_in_its_own_context(network):
    texts = sorted(TEXTS, key=len, reverse=True)
    reading = surprisal.BatchedReading(network, texts, begin(network))
    for _ in reading.hidden():
        pass
    for b, ids in enumerate(texts):
        alone, actual = surprisal.read(network, ids, begin(network)), reading.after(b)
        np.testing.assert_allclose(actual.state, alone.state, atol=1e-12)
        assert actual.id == alone.id


def test_a_batch_is_not_padded_and_its_longest_text_is_read_twice(network, monkeypatch):
    read, forward = [], network.forward
    monkeypatch.setattr(
        network, "forward", lambda ids, *rest: (read.append(ids.size), forward(ids, *rest))[1]
    )
    surprisal.measure_all(network, TEXTS, begin(network))
    assert sum(read) == sum(LENGTHS) + max(LENGTHS)


def test_chunks_and_blocks_respect_their_bounds(network, monkeypatch):
    chunks, blocks, forward, logits = [], [], network.forward, network.logits
    monkeypatch.setattr(surprisal, "CHUNK", 8)
    monkeypatch.setattr(surprisal, "BLOCK", 4 * 13)
    monkeypatch.setattr(
        network, "forward", lambda ids, *rest: (chunks.append(ids.size), forward(ids, *rest))[1]
    )
    monkeypatch.setattr(
        network, "logits", lambda hidden: (blocks.append(len(hidden)), logits(hidden))[1]
    )
    surprisal.measure_all(network, TEXTS[2:6], begin(network))
    assert max(chunks) <= 8 and max(blocks) <= 4
