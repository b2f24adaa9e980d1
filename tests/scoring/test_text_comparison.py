"""Comparison on many texts: totals, differences and tests, recomputed from scores."""

from math import fsum

import numpy as np
import pytest

from rnnrepl.results.comparisons import Comparison
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.resampling import bootstrap_interval, sign_permutation
from rnnrepl.scoring.spelling import Speller
from rnnrepl.scoring.text_comparison import compare_texts
from tests import tiny

TEXTS = ["the cat sat", "the ear ran.", "", "on the mat", "the dog and the cat", "ear"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return [
        tiny.model(folder / "words", "word", min_count=1),
        tiny.model(folder / "others", "word", min_count=1, seed=1),
        tiny.model(folder / "chars"),
    ]


def test_each_text_is_compared_and_totalled(models):
    *texts, summary = compare_texts(models, TEXTS, ScoreOptions("nats"))
    assert [text.text for text in texts] == TEXTS
    assert all(isinstance(text, Comparison) for text in texts)
    assert summary.texts == 6 and summary.unit == "nats" and not summary.eos
    chars = len("".join(TEXTS))
    for number, (model, own) in enumerate(zip(models, summary.models, strict=True)):
        scores = [model.score(text, unit="nats", eos=False) for text in TEXTS]
        assert own.model == model.name
        assert own.total == pytest.approx(fsum(score.total for score in scores))
        assert (own.count, own.unk) == (sum(s.count for s in scores), sum(s.unk for s in scores))
        assert own.unknown == (pytest.approx(6 / chars) if number < 2 else 0)
        assert own.bits_per_char == pytest.approx(own.total / np.log(2) / chars)
        totals = [[m.total for m in text.models] for text in texts]
        assert own.best == sum(row[number] == min(row) for row in totals)


def test_the_first_model_is_compared_with_each_other_one(models):
    *texts, summary = compare_texts(models, TEXTS, seed=4)
    assert [(pair.model, pair.other) for pair in summary.differences] == [
        ("words", "others"),
        ("words", "chars"),
    ]
    for number, pair in enumerate(summary.differences, 1):
        values = np.array([text.models[0].total - text.models[number].total for text in texts])
        assert pair.mean == pytest.approx(values.mean())
        assert (pair.low, pair.high) == bootstrap_interval(values, 4)
        assert pair.p == sign_permutation(values, 4)
        assert pair.low <= pair.mean <= pair.high
    assert summary.seed == 4 and summary.resamples == 10_000


def test_a_single_text_decides_nothing(models):
    _, summary = compare_texts(models[:2], TEXTS[:1])
    (pair,) = summary.differences
    assert pair.p == 1 and pair.low == pair.mean == pair.high


def test_unknown_words_are_spelled(models):
    *_, plain = compare_texts(models, TEXTS)
    *_, spelled = compare_texts(models, TEXTS, ScoreOptions(speller=Speller(models[2])))
    assert spelled.spell == "chars" and spelled.models[0].total > plain.models[0].total
    assert spelled.models[2].total == plain.models[2].total


def test_without_texts_there_is_no_summary(models):
    assert [*compare_texts(models, [])] == []
