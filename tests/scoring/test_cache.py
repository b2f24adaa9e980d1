"""The neural cache against its formula, token by token."""

import math

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.scoring import cache
from rnnrepl.scoring.adaptation import CACHES, Cache
from rnnrepl.scoring.cache import CacheGrid, CacheMemory, CacheMixture
from rnnrepl.scoring.measures import Measures
from rnnrepl.scoring.surprisal import BatchedReading, fill, surprisals
from tests import tiny
from tests.rnn import reference

CONFIG = NetworkConfig(vocabulary=5, embed=4, hidden=(6,), norm=True)
IDS = np.random.default_rng(5).integers(0, 5, 40)
UNK = 2
CACHE = Cache(window=7, theta=0.4, weight=0.3)


@pytest.fixture
def network():
    return NumpyNetwork(CONFIG, reference.weights(CONFIG), np.float64)


def begin(network):
    return Context(network.initial(), CONFIG.start)


def by_hand(network, settings):
    """-ln P of each of IDS with a cache, computed from the formula."""
    read = np.array([CONFIG.start, *IDS[:-1]])
    states, _ = network.forward(read, [1] * len(read), network.initial()[None])
    logits, nats = network.logits(states), []
    for t, id in enumerate(IDS):
        p = math.exp(logits[t][id]) / math.fsum(map(math.exp, logits[t]))
        places = range(max(0, t - settings.window), t)
        weights = [math.exp(settings.theta * float(states[i] @ states[t])) for i in places]
        same = math.fsum(w for i, w in zip(places, weights, strict=True) if IDS[i] == id)
        if weights:
            p = (1 - settings.weight) * p + settings.weight * same / math.fsum(weights)
        nats.append(-math.log(p))
    return nats


def cached_nats(network, settings, sizes=(40,)):
    return grid(network, [settings], sizes).best()[1]


def grid(network, caches, sizes=(40,)):
    result, context, start = CacheGrid(caches, UNK), begin(network), 0
    for size in sizes:
        reading = BatchedReading(network, [IDS[start : start + size]], context)
        for block in reading.blocks():
            result.add(block, block.nats())
        context, start = reading.after(0), start + size
    return result


@pytest.mark.parametrize("settings", [CACHE, Cache(1, 0.4, 0.3), Cache(100, 2.0, 0.9)], ids=str)
def test_surprisal_follows_the_formula(network, settings):
    expected = by_hand(network, settings)
    unknown = math.fsum(nats for id, nats in zip(IDS, expected, strict=True) if id == UNK)
    sums = math.fsum(expected), unknown
    assert cached_nats(network, settings) == pytest.approx(sums, rel=1e-12) and unknown > 0


@pytest.mark.parametrize("chunk", [1, 3, 256])
@pytest.mark.parametrize("sizes", [(40,), (1, 9, 0, 30)])
def test_the_result_does_not_depend_on_how_the_text_is_cut(network, monkeypatch, chunk, sizes):
    whole = cached_nats(network, CACHE)
    monkeypatch.setattr(cache, "CHUNK", chunk)
    assert cached_nats(network, CACHE, sizes) == pytest.approx(whole, rel=1e-12)


def test_the_cache_is_a_distribution(network):
    memory, random = CacheMemory(10), np.random.default_rng(0)
    memory.add(random.normal(size=(12, 6)), IDS[:12])
    state = random.normal(size=(1, 6))
    shares = [memory.probabilities(state, np.array([id]), 0.7)[0] for id in range(5)]
    assert math.fsum(shares) == pytest.approx(1)


def test_the_cache_keeps_at_most_the_window():
    memory = CacheMemory(3)
    for id in range(9):
        memory.add(np.ones((1, 2)), np.array([id]))
    assert memory.probabilities(np.ones((1, 2)), np.array([5]), 1.0)[0] == 0
    assert memory.probabilities(np.ones((1, 2)), np.array([6]), 1.0)[0] == pytest.approx(1 / 3)
    assert len(memory._states) == 3


@pytest.mark.parametrize("chunk", [3, 256])
def test_the_mixture_gives_the_whole_distribution(network, monkeypatch, chunk):
    monkeypatch.setattr(cache, "CHUNK", chunk)
    plain = BatchedReading(network, [IDS], begin(network))
    source = CacheMixture(plain, CacheMemory(CACHE.window), CACHE)
    measures = Measures.empty(len(IDS), 5)
    assert sum(fill(measures, source)) == len(IDS)
    np.testing.assert_allclose(measures.nats, by_hand(network, CACHE), rtol=1e-12)
    np.testing.assert_allclose(np.exp(-measures.top_nats).sum(1), 1)
    ranks = 1 + (measures.top_nats < measures.nats[:, None] - 1e-12).sum(1)
    np.testing.assert_array_equal(measures.rank, ranks)
    _, expected = surprisals(network, IDS, begin(network))
    np.testing.assert_allclose(source.after(0).state, expected.state, atol=1e-12)


def test_tuning_returns_the_cache_with_the_least_surprisal(network):
    best, (nats, _) = grid(network, CACHES).best()
    alone = {settings: cached_nats(network, settings)[0] for settings in CACHES}
    assert nats == pytest.approx(min(alone.values())) and alone[best] == pytest.approx(nats)


@pytest.mark.parametrize("wrong", [{"window": 0}, {"weight": 0.0}, {"weight": 1.0}], ids=str)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(RnnreplError, match=r"^`(window|weight)` must be"):
        Cache(**wrong)


@pytest.mark.parametrize("kind", ["char", "whitespace"])
def test_an_evaluation_has_figures_with_and_without_the_cache(tmp_path, kind):
    model = tiny.model(tmp_path / "model", kind).double()
    text = tiny.TEXT.rstrip()  # the appended end token passes through the cache too
    plain, cached = model.evaluate([text]), model.evaluate([text], [CACHE])
    assert cached.cache == {"window": 7, "theta": 0.4, "lambda": 0.3} and plain.cache is None
    assert cached.perplexity_before == pytest.approx(plain.perplexity)
    assert (cached.tokens, cached.chars, cached.words) == (plain.tokens, plain.chars, plain.words)
    assert cached.nats != pytest.approx(plain.nats)
    assert cached.perplexity == pytest.approx(math.exp(cached.nats / cached.tokens))
    assert cached.nats_per_token == pytest.approx(cached.nats / cached.tokens)
    assert cached.bits_per_char == pytest.approx(cached.nats / math.log(2) / len(text))
    assert cached.bits_per_byte == pytest.approx(cached.bits_per_char)
    assert cached.perplexity_per_word == pytest.approx(math.exp(cached.nats / cached.words))
