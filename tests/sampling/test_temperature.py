"""Temperature, dynamic temperature and mirostat follow their definitions."""

import math

import numpy as np
import pytest
import torch
from transformers.generation.logits_process import TemperatureLogitsWarper

from rnnrepl.sampling import temperature as ours

LOGITS = np.random.default_rng(0).normal(0, 2, (3, 40))


def softmax(row):
    weights = [math.exp(x - max(row)) for x in row]
    return [w / sum(weights) for w in weights]


@pytest.mark.parametrize("t", [0.1, 0.8, 3.0])
def test_temperature_equals_the_implementation_of_transformers(t):
    expected = TemperatureLogitsWarper(t)(torch.zeros(3, 1), torch.tensor(LOGITS)).numpy()
    np.testing.assert_allclose(ours.temperature(LOGITS, t), expected, rtol=1e-12)


def test_temperature_zero_keeps_the_likeliest_token_with_the_lowest_id():
    result = ours.temperature(np.array([1.0, 3.0, 3.0, 2.0]), 0)
    assert np.isfinite(result).tolist() == [False, True, False, False]


@pytest.mark.parametrize(("t", "reach", "exponent"), [(1, 0.5, 1), (0.8, 0.8, 2), (0.5, 2, 0.5)])
def test_dynamic_temperature_follows_the_entropy(t, reach, exponent):
    for row in LOGITS:
        p = softmax(row)
        share = -sum(x * math.log(x) for x in p) / math.log(len(p))
        low, high = max(t - reach, 0), t + reach
        expected = softmax(row / (low + (high - low) * share**exponent))
        result = softmax(ours.dynamic_temperature(row, t, reach, exponent))
        np.testing.assert_allclose(result, expected, rtol=1e-9)
    batch = ours.dynamic_temperature(LOGITS, t, reach, exponent)
    np.testing.assert_array_equal(batch[1], ours.dynamic_temperature(LOGITS[1], t, reach, exponent))


def test_dynamic_temperature_ignores_excluded_tokens():
    row = np.array([0.0, -np.inf, 0.0, -np.inf])
    result = ours.dynamic_temperature(row, 1.0, 0.5, 1.0)
    np.testing.assert_allclose(softmax(result), [0.5, 0, 0.5, 0])
    entry = ours.dynamic_temperature(np.array([2.0, -np.inf]), 0.5, 0.5, 1.0)
    assert np.isfinite(entry).tolist() == [True, False]


def test_mirostat_excludes_tokens_with_a_surprisal_above_its_bound():
    logits = np.log([0.5, 0.25, 0.2, 0.05])
    kept, bits = ours.mirostat(logits, np.array(2.1))
    assert np.isfinite(kept).tolist() == [True, True, False, False]
    np.testing.assert_allclose(bits, -np.log2([0.5, 0.25, 0.2, 0.05]))
    kept, _ = ours.mirostat(logits, np.array(0.0))
    assert np.isfinite(kept).tolist() == [True, False, False, False]


def test_mirostat_lowers_its_bound_after_a_surprising_token_and_raises_it_otherwise():
    assert ours.updated_mu(10.0, surprisal=7.0, target=5.0, rate=0.1) == pytest.approx(9.8)
    assert ours.updated_mu(10.0, surprisal=1.0, target=5.0, rate=0.1) == pytest.approx(10.4)
