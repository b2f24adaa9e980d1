"""Bootstrap and permutation, against enumeration, formulas and plain Python."""

import random
from itertools import product
from math import erfc, sqrt
from statistics import mean, stdev

import numpy as np
import pytest

from rnnrepl.scoring import resampling
from rnnrepl.scoring.resampling import bootstrap_interval, resamples, sign_permutation


def by_enumeration(values):
    """The p of the test, from the sum under every choice of signs."""
    sums = [
        abs(sum(s * v for s, v in zip(signs, values, strict=True)))
        for signs in product((1, -1), repeat=len(values))
    ]
    return sum(s >= abs(sum(values)) - 1e-9 for s in sums) / len(sums)


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        [0.0, 0.0],
        [1.0, 2.0, 3.0],
        [0.1, 0.2, 0.3, -0.6],
        [3.5, -1.25, 0.5, 2.0, 7.0, -0.5, 1.5],
        [0.3] * 13,
    ],
)
def test_few_differences_are_enumerated(values):
    p = sign_permutation(np.array(values), seed=0)
    assert p == by_enumeration(values) == sign_permutation(np.array(values), seed=1)


def test_many_differences_are_sampled(monkeypatch):
    draw = random.Random(3)
    values = [draw.gauss(0.3, 1) for _ in range(13)]
    exact = by_enumeration(values)
    monkeypatch.setattr(resampling, "_MOST", 4000)  # fewer than 2^13
    p = sign_permutation(np.array(values), seed=0)
    error = sqrt(exact * (1 - exact) / 4000)
    assert p != exact and p == pytest.approx(exact, abs=4 * error)


def test_p_agrees_with_the_normal_approximation():
    draw = random.Random(4)
    values = [draw.gauss(0.12, 1) for _ in range(400)]
    z = abs(sum(values)) / sqrt(sum(v * v for v in values))
    expected = erfc(z / sqrt(2))
    error = sqrt(expected * (1 - expected) / 10_000)
    assert sign_permutation(np.array(values), seed=0) == pytest.approx(expected, abs=5 * error)


def test_p_is_never_zero():
    values = np.full(200, 1.0)
    assert sign_permutation(values, seed=0) == 1 / (1 + resamples(200))


def test_the_interval_agrees_with_resampling_in_plain_python():
    draw = random.Random(5)
    values = [draw.expovariate(1) - 0.5 for _ in range(40)]
    means = sorted(mean(draw.choices(values, k=40)) for _ in range(10_000))
    expected = means[249], means[9749]
    error = stdev(values) / sqrt(40) * 0.06  # of a quantile of 10,000 resamples
    assert bootstrap_interval(np.array(values), seed=0) == pytest.approx(expected, abs=error)


def test_the_interval_of_many_values_is_that_of_the_standard_error():
    values = np.random.default_rng(6).normal(2, 3, 2000)
    half = 1.96 * stdev(values.tolist()) / sqrt(2000)
    low, high = bootstrap_interval(values, seed=0)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


@pytest.mark.parametrize("test", [bootstrap_interval, sign_permutation])
def test_a_seed_repeats_and_memory_is_bounded(test, monkeypatch):
    values = np.random.default_rng(7).normal(0.1, 1, 50)
    assert test(values, 1) == test(values, 1) != test(values, 2)
    monkeypatch.setattr(resampling, "_BLOCK", 70)  # one resample at a time
    monkeypatch.setattr(resampling, "_MOST", 100)
    test(values, 1)


def test_constant_differences_have_an_interval_without_width():
    assert bootstrap_interval(np.full(5, 0.25), seed=0) == (0.25, 0.25)


def test_the_number_of_resamples_shrinks_with_that_of_texts():
    assert [resamples(n) for n in (1, 10_000, 20_000, 10**7)] == [10_000, 10_000, 5_000, 1_000]
