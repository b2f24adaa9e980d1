"""Samplers that leave tokens out: top-k, top-p, min-p, typical, top-n-sigma, epsilon, eta, XTC.

Each is a pure function over logits (..., V), natural logs up to a constant; what it leaves out
becomes -inf. At least one token of each row is always kept.
"""

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.network import Floats

Mask = npt.NDArray[np.bool_]

FEW = 64  # sorted first, when a few of the likeliest may be enough


def top_k(logits: Floats, k: int) -> Floats:
    """The k likeliest tokens; of equals the lower id (Fan et al. 2018)."""
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
    """The nucleus: the fewest likeliest tokens that together reach p (Holtzman et al. 2020)."""
    mass = probabilities(logits)
    return _only(logits, _first(-mass, mass, p))


def typical(logits: Floats, p: float) -> Floats:
    """Tokens whose surprisal is near the entropy H, the nearest first, until they reach p.

    Near is |-ln p(y) - H| (locally typical sampling, Meister et al. 2023).
    """
    mass = probabilities(logits)
    surprisal = -log_of(mass)
    distance = np.abs(surprisal - entropy(mass)[..., None])
    return _only(logits, _first(distance, mass, p))


def min_p(logits: Floats, p: float) -> Floats:
    """Tokens at least p times as likely as the likeliest (Nguyen et al. 2024)."""
    return _only(logits, logits >= logits.max(-1, keepdims=True) + np.log(p))


def top_n_sigma(logits: Floats, n: float) -> Floats:
    """Logits no further than n standard deviations below the greatest (Tang et al. 2024).

    The deviation is that of the logits still there, so that no temperature changes what is kept.
    """
    there = np.isfinite(logits)
    deviation = np.std(logits, -1, where=there, keepdims=True, dtype=np.float64)
    return _only(logits, logits >= logits.max(-1, keepdims=True) - n * deviation)


def epsilon(logits: Floats, least: float) -> Floats:
    """Tokens whose probability is at least epsilon, or the likeliest (Hewitt et al. 2022)."""
    return _at_least(logits, np.asarray(least))


def eta(logits: Floats, least: float) -> Floats:
    """Tokens of probability at least min(eta, sqrt(eta) exp(-H)) (Hewitt et al. 2022)."""
    bound = np.exp(-entropy(probabilities(logits))) * np.sqrt(least)
    return _at_least(logits, np.minimum(least, bound)[..., None])


def xtc(logits: Floats, threshold: float, chosen: Mask) -> Floats:
    """Excludes top choices: of the tokens with p >= threshold all but the least likely go.

    Where only one reaches it nothing changes. `chosen` (...,) says in which rows this happens: the
    caller draws it with the sampler's probability. (XTC, P. E. Weidmann 2024.)
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
    """ln p, -inf where nothing is."""
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(mass)
    return logs


def _at_least(logits: Floats, bound: Floats) -> Floats:
    kept = (probabilities(logits) >= bound) | (logits == logits.max(-1, keepdims=True))
    return _only(logits, kept)


def _first(key: Floats, mass: Floats, share: float) -> Mask:
    """The fewest tokens, lowest keys first, whose mass reaches the share of it all.

    A few are sorted, and more only if these do not reach it.
    """
    size, count = FEW, key.shape[-1]
    while True:
        if size < count:
            ids = np.argpartition(key, size, -1)[..., :size]
            ids.sort(-1)  # so that of equal keys the lower id goes first
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
