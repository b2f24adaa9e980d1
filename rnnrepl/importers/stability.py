"""Whether an RNN forgets: its largest Lyapunov exponent along a text that it generates.

Weights that are read in the wrong order give a chaotic network: a small change of the state grows.
A trained one forgets. Exponent as in Engelken, Wolf and Abbott 2023, "Lyapunov spectra of chaotic
recurrent neural networks", by the growth of one tangent vector.
"""

from collections.abc import Mapping

import numpy as np

from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

_STEPS = 300


def lyapunov(weights: Mapping[str, Floats], cell: Cell) -> float:
    """The mean logarithm, per token, of the growth of a small change of the state.

    `weights` are those of one layer, named as in `NetworkConfig.shapes`.
    """
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    random = np.random.default_rng(0)
    recurrent, bias = w["rnn.weight_hh_l0"], w["rnn.bias_ih_l0"]
    state, id, growth = np.zeros(len(recurrent)), 0, 0.0
    change = random.normal(size=len(recurrent)) / len(recurrent) ** 0.5
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(_STEPS):
            z = w["rnn.weight_ih_l0"] @ w["encoder.weight"][id] + recurrent @ state + bias
            state = np.maximum(z, 0) if cell == "relu" else np.tanh(z)
            slope = (z > 0).astype(float) if cell == "relu" else 1 - state**2
            change = slope * (recurrent @ change)
            size = np.linalg.norm(change) + np.finfo(float).tiny
            change, growth = change / size, growth + float(np.log(size))
            logits = w["decoder.weight"] @ state + w["decoder.bias"]
            p = np.exp(logits - logits.max())
            if not np.isfinite(p).all():
                return np.inf
            id = int(random.choice(len(p), p=p / p.sum()))
    return growth / _STEPS
