"""Samples side by side: each as if it were alone."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.generation import batch
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.results import Sample
from rnnrepl.sampling import Sampling
from tests import tiny


@pytest.fixture(params=["char", "whitespace", "bytes"])
def model(request, tmp_path):
    return tiny.model(tmp_path / "model", request.param)


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(batch, "WIDTH", 4)


def same(drawn: Sample, other: Sample) -> bool:
    """The same text and figures, but for the rounding of float32."""
    figures = [
        [[token.logprob, token.sampled_logprob] for token in sample.tokens]
        for sample in (drawn, other)
    ]
    ids = [[token.id for token in sample.tokens] for sample in (drawn, other)]
    told = [(s.prompt, s.text, s.seed, s.settings, s.stopped) for s in (drawn, other)]
    return told[0] == told[1] and ids[0] == ids[1] and np.allclose(*figures, atol=1e-4)


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
def test_each_sample_is_what_it_would_be_alone(model, narrow, sampling):
    result = list(
        model.samples(GenerationRequest("the ", length=30, sampling=sampling), count=11, seed=3)
    )
    assert [sample.seed for sample in result] == list(range(3, 14))
    for sample in result:
        alone = model.generate("the ", seed=sample.seed, length=30, sampling=sampling)
        assert same(sample, alone)


def test_a_sample_that_ends_early_makes_room_for_the_next(tmp_path, narrow):
    words = tiny.model(tmp_path / "words", "whitespace", seed=3)
    result = list(words.samples(GenerationRequest("the", length=40), count=20, seed=0))
    assert {sample.stopped for sample in result} == {"eos", "length"}
    for sample in result:
        assert same(sample, words.generate("the", seed=sample.seed, length=40))


def test_texts_to_stop_at_end_each_sample_for_itself(model, narrow):
    options = {"length": 60, "stop": ["a", "e t"], "ignore_eos": True}
    for sample in model.samples(GenerationRequest("the", **options), count=9, seed=1):
        assert same(sample, model.generate("the", seed=sample.seed, **options))


def test_the_log_probability_is_that_of_all_tokens(model):
    (sample,) = model.samples(GenerationRequest("the", length=12), count=1, seed=1)
    assert sample.logprob == pytest.approx(sum(token.logprob for token in sample.tokens))


def test_a_sample_is_given_as_soon_as_all_before_it_are(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "WIDTH", 1)
    samples = tiny.model(tmp_path / "model").samples(
        GenerationRequest(length=2), count=10**9, seed=0
    )
    assert [next(samples).seed for _ in range(3)] == [0, 1, 2]


def test_no_tokens_can_be_asked_for(model):
    assert [s.text for s in model.samples(GenerationRequest("the", length=0), count=3)] == [
        "",
        "",
        "",
    ]


def test_what_cannot_be_done_is_named(model):
    with pytest.raises(RnnreplError, match="length"):
        list(model.samples(GenerationRequest("the", length=-1), count=2))
    with pytest.raises(RnnreplError, match="seed"):
        list(model.samples(GenerationRequest("the"), count=2, seed=-1))
