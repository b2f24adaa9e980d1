"""Truncation samplers equal the logits processors of Hugging Face transformers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from transformers.generation import logits_process as theirs

from rnnrepl.sampling import truncation as ours

IDS = torch.zeros((3, 1), dtype=torch.long)


def rows(vocabulary=300, seed=0, scale=3.0):
    return np.random.default_rng(seed).normal(0, scale, (3, vocabulary))


PAIRS = [
    (ours.top_k, theirs.TopKLogitsWarper, [1, 7, 299]),
    (ours.top_p, theirs.TopPLogitsWarper, [0.01, 0.5, 0.9, 0.999]),
    (ours.min_p, theirs.MinPLogitsWarper, [0.01, 0.3, 1.0]),
    (ours.typical, theirs.TypicalLogitsWarper, [0.05, 0.5, 0.95]),
    (ours.epsilon, theirs.EpsilonLogitsWarper, [1e-4, 0.01, 0.9]),
    (ours.eta, theirs.EtaLogitsWarper, [1e-4, 0.01, 0.9]),
]
CASES = [(sampler, kind, value) for sampler, kind, values in PAIRS for value in values]


@pytest.mark.parametrize(("sampler", "kind", "value"), CASES)
@pytest.mark.parametrize("vocabulary", [5, 65, 3000])
def test_truncation_equals_that_of_transformers(sampler, kind, value, vocabulary):
    for scale in (0.3, 3.0):
        logits = rows(vocabulary, scale=scale)
        expected = kind(value)(IDS, torch.tensor(logits)).numpy()
        np.testing.assert_array_equal(sampler(logits, value), expected)
        for row, entry in zip(logits, expected, strict=True):
            np.testing.assert_array_equal(sampler(row, value), entry)


def test_top_n_sigma_keeps_logits_within_n_deviations_of_the_maximum():
    for row in rows(50):
        bound = max(row) - 1.5 * np.sqrt(sum((x - sum(row) / 50) ** 2 for x in row) / 50)
        expected = [x if x >= bound else -np.inf for x in row]
        np.testing.assert_array_equal(ours.top_n_sigma(row, 1.5), expected)


def test_top_n_sigma_keeps_the_same_at_any_temperature():
    logits = rows(200)
    kept = np.isfinite(ours.top_n_sigma(logits, 1.0))
    np.testing.assert_array_equal(np.isfinite(ours.top_n_sigma(logits / 3, 1.0)), kept)


def test_xtc_excludes_all_top_choices_but_the_least_likely():
    logits = np.log([0.4, 0.12, 0.3, 0.1, 0.08])
    kept = np.isfinite(ours.xtc(logits, 0.11, np.array(True)))
    assert kept.tolist() == [False, True, False, True, True]


def test_xtc_changes_nothing_in_other_rows_or_with_a_single_top_choice():
    logits = np.log([[0.4, 0.3, 0.2, 0.1], [0.7, 0.1, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1]])
    result = ours.xtc(logits, 0.15, np.array([False, True, True]))
    np.testing.assert_array_equal(result[:2], logits[:2])
    assert np.isfinite(result[2]).tolist() == [False, False, True, True]


def test_of_equally_likely_tokens_the_lower_ids_are_kept():
    logits = np.array([0.0, 1.0, 1.0, 2.0, 1.0])
    assert np.isfinite(ours.top_k(logits, 3)).tolist() == [False, True, True, True, False]
    equal = np.zeros(1000)
    assert np.flatnonzero(np.isfinite(ours.top_k(equal, 4))).tolist() == [0, 1, 2, 3]
    assert np.isfinite(ours.top_p(equal, 0.1)).sum() == 100


SAMPLERS = {
    "top_k": (ours.top_k, st.integers(1, 50)),
    "top_p": (ours.top_p, st.floats(1e-6, 1)),
    "min_p": (ours.min_p, st.floats(1e-6, 1)),
    "typical": (ours.typical, st.floats(1e-6, 1)),
    "top_n_sigma": (ours.top_n_sigma, st.floats(1e-3, 10)),
    "epsilon": (ours.epsilon, st.floats(0, 1)),
    "eta": (ours.eta, st.floats(0, 1)),
    "xtc": (lambda z, p: ours.xtc(z, p, np.array(True)), st.floats(0, 1)),
}


@pytest.mark.parametrize("name", SAMPLERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_at_least_one_token_is_kept_and_kept_logits_are_unchanged(name, data):
    sampler, values = SAMPLERS[name]
    numbers = st.floats(-1e4, 1e4, width=32) | st.just(-np.inf)
    logits = data.draw(arrays(np.float32, st.integers(1, 80), elements=numbers))
    logits[data.draw(st.integers(0, len(logits) - 1))] = 1.0
    before = logits.copy()
    result = sampler(logits, data.draw(values))
    there = np.isfinite(result)
    assert there.any() and result.dtype == np.float32
    np.testing.assert_array_equal(result[there], before[there])
    np.testing.assert_array_equal(logits, before)
