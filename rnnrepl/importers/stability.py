"""Whether a network forgets: its largest Lyapunov exponent along a text that it generates.

Weights that are read in the wrong order give a chaotic network: a small change of the state grows.
A trained one forgets. Exponent as in Engelken, Wolf and Abbott 2023, "Lyapunov spectra of chaotic
recurrent neural networks", here by the growth of a small difference of two states.
"""

from collections.abc import Sequence

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.reading import Reading
from rnnrepl.rnn.numpy_network import NumpyNetwork

_STEPS = 300
_DIFFERENCE = 1e-7  # of two states, in float64


def likeliest_first(readings: Sequence[Reading]) -> list[Reading]:
    """Two readings of the same weights, swapped where the first alone is chaotic."""
    if len(readings) == 2 and lyapunov(readings[0]) > 0 > lyapunov(readings[1]):
        return [readings[1], readings[0]]
    return list(readings)


def lyapunov(reading: Reading) -> float:
    """The mean logarithm, per token, of the growth of a small change of the state."""
    config, weights = reading.network()
    network = NumpyNetwork(config, weights, np.float64)
    random = np.random.default_rng(0)
    state, id, growth = network.initial(), 0, 0.0
    change = random.normal(size=config.state)
    change *= _DIFFERENCE / np.linalg.norm(change)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(_STEPS):
            try:
                logits, new = network.step(id, state)
                _, other = network.step(id, state + change)
            except RnnreplError:  # the state overflows
                return np.inf
            change = other - new
            size = float(np.linalg.norm(change)) + np.finfo(float).tiny
            change, growth = (
                change * (_DIFFERENCE / size),
                growth + float(np.log(size / _DIFFERENCE)),
            )
            state, p = new, np.exp(logits - logits.max())
            if not np.isfinite(p).all():
                return np.inf
            id = int(random.choice(len(p), p=p / p.sum()))
    return growth / _STEPS
