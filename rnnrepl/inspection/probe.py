"""A linear probe: how well all units of a layer together tell positive tokens from negative ones.

Ridge regression in closed form (Alain and Bengio, 2016, call it a probe) on evenly spaced tokens of
one half of the text, tested on such tokens of the other half. Shapes: n tokens, D units.
"""

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.network import Floats

TOKENS = 8192  # at most so many tokens of each half
RIDGE = 1e-3  # of the mean variance of the units
SHUFFLES = 10

Mask = npt.NDArray[np.bool_]


class Sample:
    """Evenly spaced tokens of a text of unknown length: values (n, D) and labels (n,)."""

    def __init__(self, width: int) -> None:
        self._values = np.empty((TOKENS, width), np.float32)
        self._labels = np.empty(TOKENS, bool)
        self._count, self._stride, self._next = 0, 1, 0

    def add(self, values: Floats, labels: Mask) -> None:
        """Continues the text with tokens (T, D) with labels (T,)."""
        at = self._next
        while at < len(values):
            if self._count == TOKENS:
                self._thin()
            places = range(at, len(values), self._stride)[: TOKENS - self._count]
            part = slice(self._count, self._count + len(places))
            self._values[part], self._labels[part] = values[places], labels[places]
            self._count = part.stop
            at = places[-1] + self._stride
        self._next = at - len(values)

    def _thin(self) -> None:
        """Keeps every second token."""
        self._count //= 2
        self._values[: self._count] = self._values[: 2 * self._count : 2]
        self._labels[: self._count] = self._labels[: 2 * self._count : 2]
        self._stride *= 2

    @property
    def values(self) -> Floats:
        """The values (n, D)."""
        return self._values[: self._count]

    @property
    def labels(self) -> Mask:
        """The labels (n,)."""
        return self._labels[: self._count]


def accuracy(train: Sample, test: Sample, columns: slice) -> float:
    """The balanced accuracy on `test` of a probe trained on some columns of `train`."""
    return _accuracy(train, train.labels, test, columns)


def shuffled_accuracy(train: Sample, test: Sample, columns: slice) -> float:
    """The mean accuracy of SHUFFLES probes trained on shuffled labels: what chance gives."""
    random = np.random.default_rng(0)
    labels = (random.permutation(train.labels) for _ in range(SHUFFLES))
    return sum(_accuracy(train, own, test, columns) for own in labels) / SHUFFLES


def _accuracy(train: Sample, labels: Mask, test: Sample, columns: slice) -> float:
    w, bias = _fit(train.values[:, columns].astype(np.float64), labels)
    positive = test.values[:, columns] @ w + bias > 0
    shares = [float(np.mean(positive[test.labels == kind] == kind)) for kind in (True, False)]
    return sum(shares) / 2


def _fit(x: Floats, labels: Mask) -> tuple[Floats, float]:
    """Weights (D,) and bias: least squares on targets 1 and -1, both classes of equal weight."""
    mean = (x[labels].mean(0) + x[~labels].mean(0)) / 2
    weights = np.where(labels, 0.5 / labels.sum(), 0.5 / (~labels).sum())
    centred = x - mean
    gram = (centred.T * weights) @ centred
    gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram) + 1e-12
    w: Floats = np.linalg.solve(gram, centred.T @ (weights * np.where(labels, 1.0, -1.0)))
    return w, -float(mean @ w)
