"""Samplers that truncate: top-k, top-p, min-p, typical, top-n-sigma, epsilon, eta, XTC.

Each is a pure function over logits (..., V), natural logs up to a constant; tokens left out become
-inf. At least one token of each row is always kept.
"""

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.network import Floats

Mask = npt.NDArray[np.bool_]

FEW = 64  # tokens sorted first, which are usually enough


def top_k(logits: Floats, k: int) -> Floats:
    """Keeps the k likeliest tokens, among equals the lower ids (Fan et al. 2018)."""
    if k >= logits.shape[-1]:
        return logits
    least = np.partition(logits, -k, -1)[..., -k, None]
    kept = logits >= least
    if (kept.sum(-1) > k).any():
        tied = logits == least
        room = k - (logits > least).sum(-1, keepdims=True)
        kept &= ~tied | (tied.cumsum(-1) <= room)
    return _only(logits, kept)


def top_p(logits: Floats, p: float) -> Floats:
    """Nucleus sampling: keeps the likeliest tokens that together reach p (Holtzman et al. 2020)."""
    mass = probabilities(logits)
    return _only(logits, _first(-mass, mass, p))


def typical(logits: Floats, p: float) -> Floats:
    """Keeps tokens with surprisal nearest to the entropy H that together reach p.

    The distance is |-ln p(y) - H| (locally typical sampling, Meister et al. 2023).
    """
    mass = probabilities(logits)
    surprisal = -log_of(mass)
    distance = np.abs(surprisal - entropy(mass)[..., None])
    return _only(logits, _first(distance, mass, p))


def min_p(logits: Floats, p: float) -> Floats:
    """Keeps tokens at least p times as likely as the likeliest (Nguyen et al. 2024)."""
    return _only(logits, logits >= logits.max(-1, keepdims=True) + np.log(p))


def top_n_sigma(logits: Floats, n: float) -> Floats:
    """Keeps logits at most n standard deviations below the maximum (Tang et al. 2024).

    The deviation is that of the remaining logits, so that temperature does not affect the result.
    """
    remaining = np.isfinite(logits)
    deviation = np.std(logits, -1, where=remaining, keepdims=True, dtype=np.float64)
    return _only(logits, logits >= logits.max(-1, keepdims=True) - n * deviation)


def epsilon(logits: Floats, least: float) -> Floats:
    """Keeps tokens of probability at least epsilon, or the likeliest (Hewitt et al. 2022)."""
    return _at_least(logits, np.asarray(least))


def eta(logits: Floats, least: float) -> Floats:
    """Keeps tokens of probability at least min(eta, sqrt(eta) exp(-H)) (Hewitt et al. 2022)."""
    bound = np.exp(-entropy(probabilities(logits))) * np.sqrt(least)
    return _at_least(logits, np.minimum(least, bound)[..., None])


def xtc(logits: Floats, threshold: float, chosen: Mask) -> Floats:
    """Excludes top choices: drops all tokens with p >= threshold but the least likely of them.

    If only one token reaches the threshold nothing changes. `chosen` (...,) marks the rows to
    change; the caller draws it with the probability of the sampler. (XTC, P. E. Weidmann 2024.)
    """
    mass = probabilities(logits)
    top = (mass >= threshold) & (mass > 0)
    spared = np.where(top, mass, np.inf).argmin(-1)
    dropped = top & (np.arange(logits.shape[-1]) != spared[..., None])
    return _only(logits, ~(dropped & np.asarray(chosen)[..., None]))


def probabilities(logits: Floats) -> Floats:
    """The softmax of logits (..., V)."""
    weights: Floats = np.exp(logits - logits.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return weights


def entropy(mass: Floats) -> Floats:
    """The entropy in nats of probabilities (..., V): (...,)."""
    with np.errstate(invalid="ignore"):
        terms = np.where(mass > 0, mass * log_of(mass), 0)
    return np.asarray(-terms.sum(-1))


def log_of(mass: Floats) -> Floats:
    """ln p, -inf where p is 0."""
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(mass)
    return logs


def _at_least(logits: Floats, bound: Floats) -> Floats:
    kept = (probabilities(logits) >= bound) | (logits == logits.max(-1, keepdims=True))
    return _only(logits, kept)


def _first(key: Floats, mass: Floats, share: float) -> Mask:
    """The fewest tokens in ascending order of keys whose mass reaches the share.

    Sorts FEW tokens, and more only if their mass is below the share.
    """
    size, count = FEW, key.shape[-1]
    while True:
        if size < count:
            ids = np.argpartition(key, size, -1)[..., :size]
            ids.sort(-1)  # so that among equal keys the lower id comes first
            ids = np.take_along_axis(ids, _sorted(np.take_along_axis(key, ids, -1)), -1)
        else:
            ids = _sorted(key)
        reached = np.take_along_axis(mass, ids, -1).cumsum(-1, dtype=np.float64)
        if size >= count or (reached[..., -1] >= share).all():
            break
        size *= 8
    before = np.concatenate([np.zeros_like(reached[..., :1]), reached[..., :-1]], -1)
    kept = np.zeros(key.shape, bool)
    np.put_along_axis(kept, ids, before < share, -1)
    return kept


def _sorted(key: Floats) -> npt.NDArray[np.intp]:
    return np.argsort(key, -1, kind="stable")


def _only(logits: Floats, kept: Mask) -> Floats:
    return np.where(kept, logits, logits.dtype.type(-np.inf))
