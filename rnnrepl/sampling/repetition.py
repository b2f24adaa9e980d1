"""Samplers that depend on earlier tokens: penalties, no-repeat n-grams, DRY.

Each is a pure function of the logits (V,) for the next token and the ids before it.
"""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from rnnrepl.rnn.network import Floats

LONGEST = 64  # the maximum length that a repetition counts
MOST = 1e30  # the maximum penalty: a float32 logit stays finite


def repetition(logits: Floats, ids: Sequence[int], penalty: float) -> Floats:
    """Divides positive logits of tokens in `ids` by the penalty and multiplies negative ones.

    (Keskar et al. 2019, with the sign convention that is usual since.) It is the only sampler that
    depends on a constant added to all logits.
    """
    seen = np.unique(np.asarray(ids, np.intp))
    values = logits[seen]
    changed = logits.copy()
    changed[seen] = np.where(values > 0, values / penalty, values * penalty)
    return changed


def presence_and_frequency(
    logits: Floats, ids: Sequence[int], presence: float, frequency: float
) -> Floats:
    """Subtracts `presence` once, and `frequency` for each occurrence, for tokens in `ids`.

    (As in the API of OpenAI, 2021.)
    """
    changed = logits.copy()
    for id, count in Counter(ids).items():
        changed[id] -= presence + frequency * count
    return changed


def no_repeat_ngram(logits: Floats, ids: Sequence[int], n: int) -> Floats:
    """Leaves out tokens that would repeat an n-gram of `ids` (Paulus et al. 2018).

    If no token remained, returns the logits unchanged.
    """
    tail = list(ids[len(ids) - n + 1 :]) if n > 1 else []
    ends = range(n - 1, len(ids))
    banned = [ids[at] for at in ends if list(ids[at - n + 1 : at]) == tail]
    changed = logits.copy()
    changed[banned] = -np.inf
    return changed if np.isfinite(changed).any() else logits


def dry(
    logits: Floats,
    ids: Sequence[int],
    multiplier: float,
    base: float,
    allowed: int,
    breakers: Collection[int] = (),
) -> Floats:
    """Subtracts multiplier base^(length - allowed) from tokens that would extend a repetition.

    The length of a repetition is the number of last tokens that preceded the same token earlier in
    `ids`, up to a breaker and at most LONGEST; repetitions shorter than `allowed` are not penalized
    ("don't repeat yourself", P. E. Weidmann 2024).
    """
    longest = _repetitions(ids, breakers)
    changed = logits.copy()
    for id, length in longest.items():
        if length >= allowed:
            changed[id] -= min(multiplier * base ** (length - allowed), MOST)
    return changed


def _repetitions(ids: Sequence[int], breakers: Collection[int]) -> dict[int, int]:
    """The length of the longest repetition that each token would extend."""
    longest: dict[int, int] = {}
    for at in range(1, len(ids)):
        length = 0
        while (
            length < min(at, LONGEST) and ids[at - 1 - length] == ids[-1 - length] not in breakers
        ):
            length += 1
        if length:
            longest[ids[at]] = max(longest.get(ids[at], 0), length)
    return longest
