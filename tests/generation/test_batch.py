"""Samples generated side by side equal each sample alone."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.generation import batch
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.results.samples import Sample
from rnnrepl.sampling import Sampling
from tests import tiny


@pytest.fixture(params=["char", "whitespace", "bytes"])
def model(request, tmp_path):
    return tiny.model(tmp_path / "model", request.param)


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(batch, "WIDTH", 4)


def same(drawn: Sample, other: Sample) -> bool:
    """Whether two samples are equal up to float32 rounding."""
    figures = [
        [[token.logprob, token.sampled_logprob] for token in sample.tokens]
        for sample in (drawn, other)
    ]
    ids = [[token.id for token in sample.tokens] for sample in (drawn, other)]
    facts = [(s.prompt, s.text, s.seed, s.settings, s.stopped) for s in (drawn, other)]
    return facts[0] == facts[1] and ids[0] == ids[1] and np.allclose(*figures, atol=1e-4)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(temperature=0),
        Sampling(top_k=5, typical=0.9, xtc=0.5, xtc_threshold=0.05),
        Sampling(repetition_penalty=1.2, no_repeat_ngram=3, dry=0.5),
        Sampling(temperature=1.5, mirostat=2.0),
    ],
)
def test_each_sample_equals_the_sample_alone(model, narrow, sampling):
    result = list(
        model.samples(GenerationRequest("the ", length=30, sampling=sampling), count=11, seed=3)
    )
    assert [sample.seed for sample in result] == list(range(3, 14))
    for sample in result:
        alone = model.generate("the ", seed=sample.seed, length=30, sampling=sampling)
        assert same(sample, alone)


def test_a_sample_that_ends_early_is_replaced_by_the_next(tmp_path, narrow):
    words = tiny.model(tmp_path / "words", "whitespace", seed=3)
    result = list(words.samples(GenerationRequest("the", length=40), count=20, seed=0))
    assert {sample.stopped for sample in result} == {"eos", "length"}
    for sample in result:
        assert same(sample, words.generate("the", seed=sample.seed, length=40))


def test_stop_texts_end_each_sample_separately(model, narrow):
    options = {"length": 60, "stop": ["a", "e t"], "ignore_eos": True}
    for sample in model.samples(GenerationRequest("the", **options), count=9, seed=1):
        assert same(sample, model.generate("the", seed=sample.seed, **options))


def test_the_log_probability_is_the_sum_over_all_tokens(model):
    (sample,) = model.samples(GenerationRequest("the", length=12), count=1, seed=1)
    assert sample.logprob == pytest.approx(sum(token.logprob for token in sample.tokens))


def test_a_sample_is_yielded_as_soon_as_all_before_it_are(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "WIDTH", 1)
    samples = tiny.model(tmp_path / "model").samples(
        GenerationRequest(length=2), count=10**9, seed=0
    )
    assert [next(samples).seed for _ in range(3)] == [0, 1, 2]


def test_a_length_of_zero_gives_empty_samples(model):
    assert [s.text for s in model.samples(GenerationRequest("the", length=0), count=3)] == [
        "",
        "",
        "",
    ]


def test_invalid_requests_are_refused(model):
    with pytest.raises(RnnreplError, match="length"):
        list(model.samples(GenerationRequest("the", length=-1), count=2))
    with pytest.raises(RnnreplError, match="seed"):
        list(model.samples(GenerationRequest("the"), count=2, seed=-1))
