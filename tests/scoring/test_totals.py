"""Sums over many texts, and texts scored without their tokens."""

from math import exp, fsum, log

import numpy as np
import pytest

from rnnrepl.scoring.adaptation import Adaptation, harm
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.totals import Totals
from tests import tiny
from tests.rnn import reference


def test_texts_have_the_figures_of_their_tokens(tmp_path):
    model = tiny.model(tmp_path / "m", "whitespace")
    texts = ["the cat", "the nest ran", "", "a dog"]
    whole = list(model.scores(texts))
    for text, score in zip(model.scores(texts, ScoreOptions(by="text")), whole, strict=True):
        assert text.total == pytest.approx(score.total, rel=1e-6)
        assert text.total == pytest.approx(fsum(t.surprisal for t in score.tokens), rel=1e-6)
        assert (text.count, text.unk, text.words) == (score.count, score.unk, score.words)
        assert (text.tokens, text.spans, text.by) == ((), None, "text")


def test_the_summary_has_sums_over_all_texts_computed_in_float64(tmp_path):
    model = tiny.model(tmp_path / "m", "whitespace")
    texts = ["the cat", "the nest ran", "", "an egg sat"]
    totals, nats, unknown = Totals("bits"), [], []
    for score in model.scores(texts, ScoreOptions(by="text")):
        totals.add(score)
    config, weights = model.card.network, model._checkpoint.weights
    for text in texts:
        ids = [*model.tokenizer.encode(text).ids, model.tokenizer.eos]
        logits, _ = reference.forward(config, weights, [config.start, *ids[:-1]])
        nats += [log(np.exp(row).sum()) - row[id] for row, id in zip(logits, ids, strict=True)]
        unknown += [id == model.tokenizer.unk for id in ids]
    known = [value for value, unk in zip(nats, unknown, strict=True) if not unk]
    assert (totals.texts, totals.tokens, totals.unk) == (4, len(nats), sum(unknown))
    assert totals.total * log(2) == pytest.approx(sum(nats), rel=1e-5)
    assert totals.known * log(2) == pytest.approx(sum(known), rel=1e-5)
    text = totals.summary().text
    assert text.startswith(f"4 texts, {len(nats)} tokens, {sum(unknown)} unknown, ")
    perplexities = text.rpartition("perplexity ")[2].split(", without unknown tokens ")
    expected = [exp(sum(nats) / len(nats)), exp(sum(known) / len(known))]
    assert [float(p.replace(",", "")) for p in perplexities] == pytest.approx(expected, rel=1e-4)


def test_the_summary_of_no_texts_has_no_perplexity():
    assert Totals("nats").summary().text == (
        "0 texts, 0 tokens, 0 unknown, 0.000000 nats, perplexity undefined"
    )


def test_memory_does_not_grow_with_the_number_of_texts(tmp_path):
    import tracemalloc

    model = tiny.model(tmp_path / "m")

    def peak(count):
        texts = (f"the cat {number}" for number in range(count))
        tracemalloc.start()
        for _ in model.scores(texts, ScoreOptions(by="text", ahead=64)):
            pass
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return memory

    peak(10)
    size = peak(12_000)
    assert peak(24_000) < 1.3 * size


def test_nothing_scored_is_not_called_harm():
    assert harm(0.0, 0.0, cache=True, adapt=True) is None


def test_rounding_is_not_called_harm():
    assert harm(100.0, 100.001, cache=False, adapt=True) is None
    notice = harm(100.0, 101.0, cache=False, adapt=True)
    assert notice and "--adapt raises the surprisal by 1.0%: lower --adapt-rate" in notice.text


def test_the_first_unknown_words_of_all_texts_are_named(tmp_path):
    model = tiny.model(tmp_path / "m", "whitespace")

    def named(*texts):
        totals = Totals("bits")
        for score in model.scores(texts):
            totals.add(score)
        first, *_ = totals.notices(Adaptation(), None, "character")
        return first.text.rpartition("model")[2]

    assert named("the nest", "the cat", "an egg", "the nest") == ": 'nest', 'an', 'egg'"
    assert named("the nest", "an egg", "eggs") == ": 'nest', 'an', 'egg', ..."
    assert named("the nest", "nest nest nest nest") == ": 'nest'"
