"""Repetition samplers equal those of transformers, or their definition."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.generation import logits_process as theirs

from rnnrepl.sampling import repetition as ours

LOGITS = np.random.default_rng(0).normal(0, 3, 12)
HISTORIES = st.lists(st.integers(0, 5), max_size=40)


def reference(processor, ids):
    return processor(torch.tensor([ids]), torch.tensor(LOGITS[None])).numpy()[0]


@settings(deadline=None, max_examples=60)
@given(ids=HISTORIES.filter(bool), penalty=st.floats(0.5, 3))
def test_the_repetition_penalty_equals_that_of_transformers(ids, penalty):
    expected = reference(theirs.RepetitionPenaltyLogitsProcessor(penalty), ids)
    np.testing.assert_allclose(ours.repetition(LOGITS, ids, penalty), expected, rtol=1e-12)


@settings(deadline=None, max_examples=100)
@given(ids=HISTORIES.filter(bool), n=st.integers(1, 5))
def test_no_repeated_ngrams_equals_transformers(ids, n):
    expected = reference(theirs.NoRepeatNGramLogitsProcessor(n), ids)
    np.testing.assert_array_equal(ours.no_repeat_ngram(LOGITS, ids, n), expected)


def test_no_repeated_ngrams_does_nothing_if_no_token_would_remain():
    logits = np.array([1.0, 2.0, -np.inf])
    np.testing.assert_array_equal(ours.no_repeat_ngram(logits, [0, 1], 1), logits)


@given(ids=HISTORIES, presence=st.floats(-2, 2), frequency=st.floats(-2, 2))
def test_presence_counts_once_and_frequency_each_time(ids, presence, frequency):
    expected = [
        z - presence * (ids.count(id) > 0) - frequency * ids.count(id)
        for id, z in enumerate(LOGITS)
    ]
    result = ours.presence_and_frequency(LOGITS, ids, presence, frequency)
    np.testing.assert_allclose(result, expected, atol=1e-12)


def longest_repetition(ids, then, breakers):
    """The largest number of last tokens that occurred before, followed by `then`."""
    most = 0
    for length in range(1, len(ids)):
        tail = ids[-length:]
        if any(id in breakers for id in tail):
            break
        if any(ids[at : at + length + 1] == [*tail, then] for at in range(len(ids) - length)):
            most = length
    return most


@settings(deadline=None, max_examples=150)
@given(ids=HISTORIES, allowed=st.integers(1, 4), breakers=st.sets(st.integers(0, 5), max_size=2))
def test_the_dry_penalty_grows_with_the_length_of_the_repetition(ids, allowed, breakers):
    expected = LOGITS.copy()
    for id in range(len(LOGITS)):
        length = longest_repetition(ids, id, breakers)
        if length >= allowed:
            expected[id] -= 0.8 * 1.75 ** (length - allowed)
    result = ours.dry(LOGITS, ids, 0.8, 1.75, allowed, breakers)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_the_dry_penalty_of_a_long_repetition_is_finite():
    result = ours.dry(LOGITS.astype(np.float32), [1] * 500, 1e6, 1e3, 1)
    assert np.isfinite(result).all() and result.argmin() == 1


@pytest.mark.parametrize("sampler", ["repetition", "no_repeat_ngram", "dry"])
def test_without_earlier_tokens_nothing_changes(sampler):
    values = {"repetition": (1.5,), "no_repeat_ngram": (2,), "dry": (1.0, 2.0, 1)}[sampler]
    np.testing.assert_array_equal(getattr(ours, sampler)(LOGITS, [], *values), LOGITS)
