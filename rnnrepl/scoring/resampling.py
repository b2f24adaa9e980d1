"""Resampling of paired differences: bootstrap interval of the mean, sign-permutation test."""

from collections.abc import Iterator

import numpy as np

from rnnrepl.rnn.network import Float64s

_MOST, _FEWEST, _DRAWS = 10_000, 1_000, 10**8
_BLOCK = 1 << 20  # numbers drawn at once
_ROUNDING = 1e-12  # relative: sums in another order count as equal


def resamples(n: int) -> int:
    """Returns the number of resamples of n differences: 10,000, less beyond 10,000 differences."""
    return min(_MOST, max(_FEWEST, _DRAWS // max(n, 1)))


def bootstrap_interval(differences: Float64s, seed: int) -> tuple[float, float]:
    """Returns the 95 % percentile bootstrap interval of the mean of differences (N,).

    Texts are drawn with replacement, each with its difference, so the interval is a paired one
    (Efron and Tibshirani, 1993, chapter 13). N must be at least 1.
    """
    random, n = np.random.default_rng(seed), len(differences)
    means = [
        differences[random.integers(0, n, (rows, n))].mean(1) for rows in _blocks(n, resamples(n))
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975]).tolist()
    return low, high


def sign_permutation(differences: Float64s, seed: int) -> float:
    """Returns the two-sided p of the hypothesis that differences (N,) are symmetric about 0.

    The statistic is the absolute sum. Under the hypothesis every choice of signs is as likely: all
    2^N are enumerated if they are no more than the resamples, otherwise R random ones are drawn and
    p is (1 + extreme) / (1 + R) (Phipson and Smyth, 2010). N must be at least 1.
    """
    n, sums = len(differences), list[Float64s]()
    exact = n < 64 and 2**n <= resamples(n)
    if exact:
        bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
        sums.append((1 - 2 * bits) @ differences)
    else:
        random = np.random.default_rng(seed)
        for rows in _blocks(n, resamples(n)):
            signs = random.integers(0, 2, (rows, n), dtype=np.int8)
            sums.append(differences.sum() - 2 * (signs @ differences))
    limit = abs(differences.sum()) - _ROUNDING * np.abs(differences).sum()
    extreme = int((np.abs(np.concatenate(sums)) >= limit).sum())
    return extreme / 2**n if exact else (1 + extreme) / (1 + resamples(n))


def _blocks(n: int, count: int) -> Iterator[int]:
    """Yields numbers of resamples that are drawn at once, `count` in all."""
    most = max(1, _BLOCK // n)
    for start in range(0, count, most):
        yield min(most, count - start)
