"""Beam search against an enumeration of all texts of tiny models."""

from itertools import product

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.generation.beam import score
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.sampling import Sampling
from tests import tiny


@pytest.fixture
def letters(tmp_path):
    """A model of four letters and the unknown token, without an end token."""
    return tiny.model(tmp_path / "letters", "char", text="abcd")


@pytest.fixture
def words(tmp_path):
    """A model of three words, the unknown token and the end token."""
    return tiny.model(tmp_path / "words", "whitespace", text="a b c\n", seed=2)


def result(model, length, width, penalty=0.0, prompt="", **options):
    request = GenerationRequest(prompt, length, **options)
    return model.beam(request, width=width, length_penalty=penalty)


def ids(sample):
    return tuple(token.id for token in sample.tokens)


def everything(model, length, prompt=""):
    """Each text up to the end token or the length, with ln P by the network's own steps."""
    tokenizer, begin = model.tokenizer, model.read(prompt)
    usual = [id for id in range(len(tokenizer.tokens)) if id not in (tokenizer.unk, tokenizer.eos)]
    whole = list(product(usual, repeat=length))
    if tokenizer.eos is not None:
        parts = (product(usual, repeat=n) for n in range(length))
        whole += [(*ids, tokenizer.eos) for part in parts for ids in part]
    return {ids: logprob(model, begin, ids) for ids in whole}


def logprob(model, context, ids):
    total, state, last = 0.0, context.state, context.id
    for id in ids:
        logits, state = model.network.step(last, state)
        nats = logits.astype(np.float64)
        total += nats[id] - np.logaddexp.reduce(nats)
        last = id
    return total


def best(texts, penalty, count):
    ranked = sorted(texts, key=lambda ids: -score(texts[ids], len(ids), penalty))
    return ranked[:count]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.5])
def test_an_exhaustive_beam_finds_the_best_of_all_texts(words, letters, length, penalty):
    for model in (letters, words):
        texts = everything(model, length)
        samples = result(model, length, len(texts), penalty)
        assert [ids(sample) for sample in samples] == best(texts, penalty, len(texts))
        for sample in samples:
            assert sample.logprob == pytest.approx(texts[ids(sample)], abs=1e-5)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_narrow_beam_keeps_the_best_prefixes_at_each_step(words, width, penalty):
    begin, tokenizer = words.begin(), words.tokenizer
    held, done = [()], {}
    for length in range(1, 9):
        longer = [(*hypothesis, id) for hypothesis in held for id in range(len(tokenizer.tokens))]
        longer = [hypothesis for hypothesis in longer if hypothesis[-1] != tokenizer.unk]
        longer.sort(key=lambda hypothesis: -logprob(words, begin, hypothesis))
        held = []
        for hypothesis in longer:
            if len(held) == width:
                break
            if hypothesis[-1] == tokenizer.eos or length == 8:
                done[hypothesis] = logprob(words, begin, hypothesis)
            else:
                held.append(hypothesis)
    samples = result(words, 8, width, penalty)
    assert [ids(sample) for sample in samples] == best(done, penalty, width)


def test_a_beam_of_width_1_equals_greedy_sampling(letters):
    (sample,) = result(letters, 20, 1, prompt="ab")
    greedy = letters.generate("ab", length=20, sampling=Sampling(temperature=0))
    assert sample.text == greedy.text and sample.stopped == "length"
    assert sample.logprob == pytest.approx(greedy.logprob, abs=1e-4)


def test_the_end_token_and_stop_texts_complete_a_hypothesis(words, letters):
    stopped = {sample.stopped for sample in result(words, 6, 20)}
    assert stopped == {"eos", "length"}
    for sample in result(letters, 6, 30, stop=("ab",)):
        assert "ab" not in sample.text
        text = "".join(token.text for token in sample.tokens)
        assert (sample.stopped == "stop") == text.endswith("ab")


def test_refused_tokens_are_excluded_and_samplers_are_not_applied(letters):
    samplers = {"temperature": 0.1, "top_k": 1, "repetition_penalty": 3.0}
    samples = result(letters, 4, 9, sampling=Sampling(ban=("a",), **samplers))
    assert all("a" not in sample.text and "\ufffd" not in sample.text for sample in samples)
    assert samples[0].tokens == result(letters, 4, 9, sampling=Sampling(ban=("a",)))[0].tokens


def test_samples_have_the_settings_of_the_search_and_no_seed(letters):
    (sample,) = result(letters, 3, 1, 0.5, sampling=Sampling(ban=("a",)))
    settings = {"beam": 1, "length_penalty": 0.5, "allow_unk": False, "ban": ("a",)}
    assert sample.seed is None
    assert sample.settings == settings | {"length": 3, "stop": []}
    assert {token.sampled_logprob for token in sample.tokens} == {0.0}


def test_the_score_follows_wu_et_al():
    assert score(-6.0, 7, 0.0) == -6.0
    assert score(-6.0, 7, 1.0) == -3.0
    assert score(-6.0, 1, 0.6) == -6.0


def test_a_length_of_zero_gives_empty_samples(letters):
    assert [(sample.text, sample.logprob) for sample in result(letters, 0, 3)] == [("", 0.0)]


def test_invalid_requests_are_refused(letters):
    with pytest.raises(RnnreplError, match="`width` must be at least 1"):
        result(letters, 3, 0)
    with pytest.raises(RnnreplError, match="`length_penalty` must be"):
        result(letters, 3, 1, -1.0)
    with pytest.raises(RnnreplError, match="cannot be combined"):
        result(letters, 3, 1, match="a+")
