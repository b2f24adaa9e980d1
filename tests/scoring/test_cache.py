"""The neural cache against its formula, place by place."""

import math

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.scoring import cache
from rnnrepl.scoring.adaptation import CACHES, Cache
from rnnrepl.scoring.cache import Memory, Recall, Recalling
from rnnrepl.scoring.surprisal import Measures, Reading, fill, surprisals
from tests import tiny
from tests.rnn import reference

CONFIG = NetworkConfig(vocabulary=5, embed=4, hidden=(6,), norm=True)
IDS = np.random.default_rng(5).integers(0, 5, 40)
CACHE = Cache(window=7, theta=0.4, weight=0.3)


@pytest.fixture
def network():
    return NumpyNetwork(CONFIG, reference.weights(CONFIG), np.float64)


def begin(network):
    return Context(network.initial(), CONFIG.start)


def by_hand(network, one):
    """-ln P of each of IDS with a cache, from the formula."""
    read = np.array([CONFIG.start, *IDS[:-1]])
    states, _ = network.forward(read, [1] * len(read), network.initial()[None])
    logits, nats = network.logits(states), []
    for t, id in enumerate(IDS):
        p = math.exp(logits[t][id]) / math.fsum(map(math.exp, logits[t]))
        places = range(max(0, t - one.window), t)
        weights = [math.exp(one.theta * float(states[i] @ states[t])) for i in places]
        same = math.fsum(w for i, w in zip(places, weights, strict=True) if IDS[i] == id)
        if weights:
            p = (1 - one.weight) * p + one.weight * same / math.fsum(weights)
        nats.append(-math.log(p))
    return nats


def recalled(network, one, sizes=(40,)):
    return recall(network, [one], sizes).best()[1]


def recall(network, caches, sizes=(40,)):
    found, context, start = Recall(caches), begin(network), 0
    for size in sizes:
        reading = Reading(network, [IDS[start : start + size]], context)
        for block in reading.blocks():
            found.add(block, block.nats())
        context, start = reading.after(0), start + size
    return found


@pytest.mark.parametrize("one", [CACHE, Cache(1, 0.4, 0.3), Cache(100, 2.0, 0.9)], ids=str)
def test_a_text_costs_what_the_formula_says(network, one):
    assert recalled(network, one) == pytest.approx(math.fsum(by_hand(network, one)), rel=1e-12)


@pytest.mark.parametrize("chunk", [1, 3, 256])
@pytest.mark.parametrize("sizes", [(40,), (1, 9, 0, 30)])
def test_it_does_not_matter_in_which_pieces_it_is_read(network, monkeypatch, chunk, sizes):
    whole = recalled(network, CACHE)
    monkeypatch.setattr(cache, "CHUNK", chunk)
    assert recalled(network, CACHE, sizes) == pytest.approx(whole, rel=1e-12)


def test_the_cache_is_a_distribution(network):
    memory, random = Memory(10), np.random.default_rng(0)
    memory.add(random.normal(size=(12, 6)), IDS[:12])
    state = random.normal(size=(1, 6))
    shares = [memory.share(state, np.array([id]), 0.7)[0] for id in range(5)]
    assert math.fsum(shares) == pytest.approx(1)


def test_no_more_than_the_window_is_kept():
    memory = Memory(3)
    for id in range(9):
        memory.add(np.ones((1, 2)), np.array([id]))
    assert memory.share(np.ones((1, 2)), np.array([5]), 1.0)[0] == 0
    assert memory.share(np.ones((1, 2)), np.array([6]), 1.0)[0] == pytest.approx(1 / 3)
    assert len(memory._states) == 3


@pytest.mark.parametrize("chunk", [3, 256])
def test_what_is_read_with_a_cache_has_the_whole_distribution(network, monkeypatch, chunk):
    monkeypatch.setattr(cache, "CHUNK", chunk)
    plain = Reading(network, [IDS], begin(network))
    source = Recalling(plain, Memory(CACHE.window), CACHE)
    found = Measures.blank(len(IDS), 5)
    assert sum(fill(found, source)) == len(IDS)
    np.testing.assert_allclose(found.nats, by_hand(network, CACHE), rtol=1e-12)
    np.testing.assert_allclose(np.exp(-found.top_nats).sum(1), 1)
    ranks = 1 + (found.top_nats < found.nats[:, None] - 1e-12).sum(1)
    np.testing.assert_array_equal(found.rank, ranks)
    _, same = surprisals(network, IDS, begin(network))
    np.testing.assert_allclose(source.after(0).state, same.state, atol=1e-12)


def test_tuning_finds_the_cache_under_which_the_text_is_likeliest(network):
    best, nats = recall(network, CACHES).best()
    alone = {one: recalled(network, one) for one in CACHES}
    assert nats == pytest.approx(min(alone.values())) and alone[best] == pytest.approx(nats)


@pytest.mark.parametrize("wrong", [{"window": 0}, {"weight": 0.0}, {"weight": 1.0}], ids=str)
def test_a_cache_that_cannot_be_is_refused(wrong):
    with pytest.raises(RnnreplError, match=f"`{next(iter(wrong))}` must be"):
        Cache(**wrong)


@pytest.mark.parametrize("kind", ["char", "whitespace"])
def test_an_evaluation_gives_the_figures_with_and_without(tmp_path, kind):
    model = tiny.model(tmp_path / "model", kind).double()
    text = tiny.TEXT.rstrip()  # the end token that is missing goes through the cache too
    plain, found = model.evaluate([text]), model.evaluate([text], [CACHE])
    assert found.cache == {"window": 7, "theta": 0.4, "lambda": 0.3} and plain.cache is None
    assert found.perplexity_before == pytest.approx(plain.perplexity)
    assert (found.tokens, found.chars, found.words) == (plain.tokens, plain.chars, plain.words)
    assert found.nats != pytest.approx(plain.nats)
    assert found.perplexity == pytest.approx(math.exp(found.nats / found.tokens))
    assert found.nats_per_token == pytest.approx(found.nats / found.tokens)
    assert found.bits_per_char == pytest.approx(found.nats / math.log(2) / len(text))
    assert found.bits_per_byte == pytest.approx(found.bits_per_char)
    assert found.perplexity_per_word == pytest.approx(math.exp(found.nats / found.words))
