"""Draws follow distributions computed by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import SamplerChain, SamplerState, TokenConstraints
from rnnrepl.sampling.draw import draw

LOGITS = np.log(np.array([0.4, 0.3, 0.15, 0.1, 0.05], np.float32))


def single(sampling, refused=(), seed=0, logits=LOGITS):
    return draw(
        logits, SamplerChain(sampling, TokenConstraints(refused)), SamplerState.seeded(seed)
    )


def frequencies(sampling, refused=(), n=4000):
    chain, numbers = SamplerChain(sampling, TokenConstraints(refused)), SamplerState.seeded(0)
    ids = [draw(LOGITS, chain, numbers).id for _ in range(n)]
    return np.bincount(ids, minlength=5) / n


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(temperature=1), [0.4, 0.3, 0.15, 0.1, 0.05]),
        (Sampling(temperature=0), [1, 0, 0, 0, 0]),
        (Sampling(temperature=0.5), np.square([0.4, 0.3, 0.15, 0.1, 0.05]) / 0.285),
        (Sampling(temperature=1, top_k=2), [4 / 7, 3 / 7, 0, 0, 0]),
        (Sampling(temperature=1, top_p=0.65), [4 / 7, 3 / 7, 0, 0, 0]),
        (Sampling(temperature=1, top_p=0.75), [0.4 / 0.85, 0.3 / 0.85, 0.15 / 0.85, 0, 0]),
        (Sampling(temperature=1, min_p=0.3), [0.4 / 0.85, 0.3 / 0.85, 0.15 / 0.85, 0, 0]),
        (Sampling(temperature=1, top_k=3, min_p=0.5), [4 / 7, 3 / 7, 0, 0, 0]),
    ],
)
def test_draws_follow_the_truncated_distribution(sampling, expected):
    np.testing.assert_allclose(frequencies(sampling), expected, atol=0.03)
    drawn = single(sampling, seed=1)
    assert drawn.sampled_logprob == pytest.approx(np.log(expected[drawn.id]), abs=1e-5)


def test_refused_ids_are_never_drawn_and_the_rest_is_renormalised():
    expected = [0, 0.5, 0.25, 1 / 6, 1 / 12]
    np.testing.assert_allclose(frequencies(Sampling(temperature=1), [0]), expected, atol=0.03)
    assert single(Sampling(temperature=0), [0]).id == 1


def test_a_draw_has_log_probabilities_before_and_after_the_samplers():
    drawn = single(Sampling(temperature=0))
    assert drawn.logprob == pytest.approx(np.log(0.4), abs=1e-6)
    assert drawn.sampled_logprob == 0


def test_top_k_keeps_exactly_k_of_equal_logits():
    logits = np.zeros(6, np.float32)
    sampling = Sampling(temperature=1, top_k=2)
    drawn = {single(sampling, seed=seed, logits=logits).id for seed in range(200)}
    assert drawn == {0, 1}


def test_the_logits_are_not_modified():
    logits = LOGITS.copy()
    single(Sampling(), [1], logits=logits)
    np.testing.assert_array_equal(logits, LOGITS)


@settings(deadline=None, max_examples=150)
@given(
    logits=st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=40),
    temperature=st.floats(0, 50),
    top_k=st.integers(0, 50),
    top_p=st.floats(0, 1, exclude_min=True),
    min_p=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_any_settings_draw_a_token_that_they_allow(logits, temperature, top_k, top_p, min_p, seed):
    sampling = Sampling(temperature, top_k, top_p, min_p)
    drawn = single(sampling, [0], seed, np.array(logits, np.float32))
    assert 0 < drawn.id < len(logits)
    assert drawn.sampled_logprob <= 1e-6 and drawn.logprob <= 1e-5
