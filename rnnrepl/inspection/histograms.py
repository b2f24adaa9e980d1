"""Histograms of many units for positive and negative tokens, and the rank statistics of them.

Values are binned on a bounded scale, so that memory does not grow with the text. Values in one bin
count as ties, half for and half against, which changes an AUC by at most half the share of such
pairs. Shapes: T tokens, W units, BINS bins.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.network import Float64s, Floats

BINS = 4096
GROUP = 128  # units that are counted together, so that their bins stay in the processor's cache
PENDING = 8192  # tokens that are counted together


class Histograms:
    """Counts (W, BINS) of the values of W units, for all tokens and for the positive ones.

    `bounded` says for each unit whether its values are from -1 to 1; others are binned by
    x / (1 + |x|).
    """

    def __init__(self, bounded: npt.NDArray[np.bool_]) -> None:
        self._bounded = bounded
        shape = (len(bounded), BINS)
        self.all, self.positive = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        self._bins = np.empty((PENDING, len(bounded)), np.uint16)
        self._labels = np.empty(PENDING, bool)
        self._pending = 0

    def add(self, values: Floats, labels: npt.NDArray[np.bool_]) -> None:
        """Counts the values (T, W) of tokens with labels (T,)."""
        while len(values):
            room = PENDING - self._pending
            part = slice(self._pending, self._pending + len(values[:room]))
            self._bins[part] = self._binned(values[:room])
            self._labels[part] = labels[:room]
            self._pending = part.stop
            values, labels = values[room:], labels[room:]
            if self._pending == PENDING:
                self.flush()

    def flush(self) -> None:
        """Counts what is pending; call it before the counts are read."""
        bins, labels = self._bins[: self._pending], self._labels[: self._pending]
        for start in range(0, bins.shape[1], GROUP):
            group = slice(start, start + GROUP)
            places = bins[:, group].astype(np.intp)
            places += np.arange(places.shape[1]) * BINS
            for counts, chosen in ((self.all, places), (self.positive, places[labels])):
                shape = counts[group].shape
                added = np.bincount(chosen.ravel(), minlength=shape[0] * BINS)
                counts[group] += added.reshape(shape).astype(np.int32)
        self._pending = 0

    def _binned(self, values: Floats) -> npt.NDArray[np.uint16]:
        free = ~self._bounded
        if free.any():
            values = values.copy()
            values[:, free] /= 1 + np.abs(values[:, free])
        bins = (values * (BINS / 2) + BINS / 2).clip(0, BINS - 1)
        return bins.astype(np.uint16)

    def value(self, unit: int, edge: int) -> float:
        """The value at the lower edge of a bin."""
        scaled = float(edge) / (BINS / 2) - 1
        if self._bounded[unit]:
            return scaled
        return scaled / max(1 - abs(scaled), 1e-9)


class Statistics(NamedTuple):
    """Rank statistics of W units on some tokens; `positives` and `negatives` count the tokens."""

    auc: Float64s  # the probability that a positive token has the greater value
    p: Float64s  # of Mann-Whitney's test, two-sided, by the normal approximation
    positives: int
    negatives: int


def statistics(histograms: Histograms) -> Statistics:
    """AUC and p-value of every unit (Mann and Whitney, 1947), with the correction for ties.

    U = sum over bins b of P_b (N_<b + N_b / 2), AUC = U / (P N), and under the null hypothesis
    var U = P N / 12 (n + 1 - sum over b of (t_b^3 - t_b) / (n (n - 1))), with t = P + N in a bin.
    """
    histograms.flush()
    width = len(histograms.all)
    auc, p = np.full(width, 0.5), np.ones(width)
    positives = int(histograms.positive[0].sum()) if width else 0
    n = int(histograms.all[0].sum()) if width else 0
    negatives = n - positives
    if positives and negatives:
        pairs = float(positives) * negatives
        for unit in range(width):
            mine, ties = histograms.positive[unit].astype(float), histograms.all[unit].astype(float)
            others = ties - mine
            u = float(mine @ (np.cumsum(others) - others / 2))
            auc[unit] = u / pairs
            tied = float((ties**3 - ties).sum()) / (n * (n - 1.0))
            p[unit] = _two_sided(u - pairs / 2, pairs / 12 * (n + 1 - tied))
    return Statistics(auc, p, positives, negatives)


def _two_sided(deviation: float, variance: float) -> float:
    from math import erfc, sqrt

    return erfc(abs(deviation) / sqrt(2 * variance)) if variance > 0 else 1.0


def best_edge(histograms: Histograms, unit: int, *, above: bool) -> int:
    """The bin edge that best separates positive tokens above (or below) it from the others.

    It maximises sensitivity + specificity (Youden, 1950); of several the middle one is taken, so
    that the threshold is halfway between two separate groups.
    """
    true, false = _rates(histograms, unit)
    gain = (true - false) if above else (false - true)
    places = np.flatnonzero(gain >= gain.max() - 1e-12)
    return int(places[len(places) // 2])


def balanced_accuracy(histograms: Histograms, unit: int, edge: int, *, above: bool) -> float:
    """(sensitivity + specificity) / 2 of a threshold; by chance it is 0.5."""
    true, false = _rates(histograms, unit)
    gain = float(true[edge] - false[edge])
    return (1 + (gain if above else -gain)) / 2


def _rates(histograms: Histograms, unit: int) -> tuple[Float64s, Float64s]:
    """The shares (BINS + 1,) of positive and of negative tokens at or above each bin edge."""
    positive = histograms.positive[unit].astype(float)
    negative = histograms.all[unit] - positive
    above = [np.append(np.cumsum(c[::-1])[::-1], 0) for c in (positive, negative)]
    return above[0] / max(above[0][0], 1), above[1] / max(above[1][0], 1)
