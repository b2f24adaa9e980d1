"""Samplers that bend: temperature, fixed or moved by the entropy; and mirostat, which steers.

Each is a pure function over logits (..., V), natural logs up to a constant.
"""

import numpy as np

from rnnrepl.rnn.network import Floats
from rnnrepl.sampling.truncation import entropy, log_of, probabilities

GREEDY = 1e-6  # below this temperature nothing but the likeliest token has any weight


def temperature(logits: Floats, t: float) -> Floats:
    """z / t, the softmax of which is sharper for t < 1; 0 leaves the likeliest token alone.

    (Ackley et al. 1985.) Of equally likely ones the lowest id is left.
    """
    if t >= GREEDY:
        return logits * (1 / t)
    best = np.arange(logits.shape[-1]) == logits.argmax(-1, keepdims=True)
    return np.where(best, logits, logits.dtype.type(-np.inf))


def dynamic_temperature(logits: Floats, t: float, reach: float, exponent: float) -> Floats:
    """A temperature from t - reach, where the model is sure, to t + reach, where it is not.

    T = low + (high - low) (H / H_max)^exponent, H_max being the entropy of as many equally likely
    tokens (entropy-based dynamic temperature, Zhu et al. 2024, in the form of Kalomaze 2023).
    """
    low, high = max(t - reach, 0), t + reach
    most = np.log(np.maximum(np.isfinite(logits).sum(-1), 2))  # one token alone has no entropy
    unsure = np.clip(entropy(probabilities(logits)) / most, 0, 1)
    found = low + (high - low) * unsure**exponent
    shifted = logits - logits.max(-1, keepdims=True)
    bent: Floats = shifted / np.maximum(found, GREEDY)[..., None]
    return bent.astype(logits.dtype)


def mirostat(logits: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Leaves out what surprises by more than mu (...,) bits; the likeliest token always stays.

    Also the surprisal in bits (..., V) of every token, for `steered` (mirostat 2 of Basu et al.
    2021; as there, before anything is left out).
    """
    bits = log_of(probabilities(logits)) / -np.log(2)
    kept = (bits <= np.asarray(mu)[..., None]) | (logits == logits.max(-1, keepdims=True))
    return np.where(kept, logits, logits.dtype.type(-np.inf)), bits


def steered(mu: float, surprisal: float, target: float, rate: float) -> float:
    """Mirostat's mu after a token of this surprisal: mu - rate (surprisal - target), in bits.

    It begins as twice the target.
    """
    return mu - rate * (surprisal - target)
