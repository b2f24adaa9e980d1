"""Samplers that rescale: temperature, fixed or dynamic, and mirostat with its feedback.

Each is a pure function over logits (..., V), natural logs up to a constant.
"""

import numpy as np

from rnnrepl.rnn.network import Floats
from rnnrepl.sampling.truncation import entropy, log_of, probabilities

GREEDY = 1e-6  # below this temperature only the likeliest token is kept


def temperature(logits: Floats, t: float) -> Floats:
    """z / t, whose softmax is sharper for t < 1; 0 keeps only the likeliest token.

    (Ackley et al. 1985.) Among equally likely tokens 0 keeps the lowest id.
    """
    if t >= GREEDY:
        return logits * (1 / t)
    best = np.arange(logits.shape[-1]) == logits.argmax(-1, keepdims=True)
    return np.where(best, logits, logits.dtype.type(-np.inf))


def dynamic_temperature(logits: Floats, t: float, reach: float, exponent: float) -> Floats:
    """Temperature from t - reach at zero entropy to t + reach at maximal entropy.

    T = low + (high - low) (H / H_max)^exponent, where H_max is the entropy of the uniform
    distribution over the remaining tokens (entropy-based dynamic temperature, Zhu et al. 2024, in
    the form of Kalomaze 2023).
    """
    low, high = max(t - reach, 0), t + reach
    maximum = np.log(np.maximum(np.isfinite(logits).sum(-1), 2))  # one token has entropy 0
    relative = np.clip(entropy(probabilities(logits)) / maximum, 0, 1)
    temperatures = low + (high - low) * relative**exponent
    shifted = logits - logits.max(-1, keepdims=True)
    scaled: Floats = shifted / np.maximum(temperatures, GREEDY)[..., None]
    return scaled.astype(logits.dtype)


def mirostat(logits: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Leaves out tokens with a surprisal above mu (...,) bits; always keeps the likeliest token.

    Also returns the surprisal in bits (..., V) of every token before truncation, for `updated_mu`
    (mirostat 2 of Basu et al. 2021).
    """
    bits = log_of(probabilities(logits)) / -np.log(2)
    kept = (bits <= np.asarray(mu)[..., None]) | (logits == logits.max(-1, keepdims=True))
    return np.where(kept, logits, logits.dtype.type(-np.inf)), bits


def updated_mu(mu: float, surprisal: float, target: float, rate: float) -> float:
    """The mu of mirostat after a token of this surprisal: mu - rate (surprisal - target), in bits.

    The initial mu is twice the target.
    """
    return mu - rate * (surprisal - target)
