"""Intervals and tests of proportions, against definitions computed with fractions."""

from fractions import Fraction
from math import comb

import pytest

from rnnrepl.scoring.proportions import mcnemar, wilson


@pytest.mark.parametrize(("successes", "trials"), [(8, 10), (1, 3), (0, 5), (5, 5), (2.5, 4)])
def test_the_bounds_solve_the_score_equation(successes, trials):
    """At a bound p the observed share is 1.96 standard errors, those of p, away from p."""
    share = successes / trials
    for bound in wilson(successes, trials):
        error = 1.959963984540054**2 * bound * (1 - bound) / trials
        assert (share - bound) ** 2 == pytest.approx(error, abs=1e-12)
    low, high = wilson(successes, trials)
    assert 0 <= low <= share <= high <= 1


def test_the_interval_is_that_of_the_literature():
    # Newcombe (1998), table I: 81 of 263 and 15 of 148.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 0) == (0, 1)


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (1, 0), (3, 9), (10, 10), (2, 30)])
def test_mcnemar_is_the_exact_binomial_test(better, worse):
    n = better + worse
    tail = Fraction(sum(comb(n, k) for k in range(min(better, worse) + 1)), 2**n)
    assert mcnemar(better, worse) == pytest.approx(float(min(1, 2 * tail)), rel=1e-12)
    assert mcnemar(better, worse) == mcnemar(worse, better)


def test_mcnemar_of_large_counts_is_the_normal_approximation():
    assert mcnemar(20_000, 20_300) == pytest.approx(0.135, abs=0.003)
    assert mcnemar(30_000, 60_000) == 0
