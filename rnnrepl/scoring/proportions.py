"""Intervals and tests of proportions."""

from math import exp, fsum, lgamma, log, sqrt

_Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution


def wilson(successes: float, trials: int) -> tuple[float, float]:
    """Returns the 95 % score interval of a proportion (Wilson, 1927).

    A tie may count as half a success. Without trials it is (0, 1).
    """
    if not trials:
        return 0.0, 1.0
    share, square = successes / trials, _Z**2 / trials
    centre = share + square / 2
    half = sqrt(square * (share * (1 - share) + square / 4))
    return max(0.0, (centre - half) / (1 + square)), min(1.0, (centre + half) / (1 + square))


def mcnemar(better: int, worse: int) -> float:
    """Returns the two-sided p of the exact McNemar test of paired outcomes that differ.

    That is 2 P(X <= min(better, worse)), at most 1, for X binomial with probability 1/2.
    """
    trials = better + worse
    logs = (
        lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) - trials * log(2)
        for k in range(min(better, worse) + 1)
    )
    return min(1.0, 2 * fsum(map(exp, logs)))
