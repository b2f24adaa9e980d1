"""Samplers that look back: penalties, no-repeat n-grams, DRY.

Each is a pure function over the logits (V,) of one place, given the ids that stand before it.
"""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from rnnrepl.rnn.network import Floats

LONGEST = 64  # a repetition longer than this counts as one of this length
MOST = 1e30  # taken from a float32 it still leaves a number


def repetition(logits: Floats, ids: Sequence[int], penalty: float) -> Floats:
    """Divides a positive logit by the penalty, multiplies a negative one, where ids hold it.

    (Keskar et al. 2019, with the sign minded as everyone does since.) The only sampler that is not
    the same for logits that are shifted by a constant.
    """
    seen = np.unique(np.asarray(ids, np.intp))
    own = logits[seen]
    changed = logits.copy()
    changed[seen] = np.where(own > 0, own / penalty, own * penalty)
    return changed


def presence_and_frequency(
    logits: Floats, ids: Sequence[int], presence: float, frequency: float
) -> Floats:
    """Takes from a token's logit `presence` once and `frequency` for each time ids hold it.

    (As the API of OpenAI has it, 2021.)
    """
    changed = logits.copy()
    for id, count in Counter(ids).items():
        changed[id] -= presence + frequency * count
    return changed


def no_repeat_ngram(logits: Floats, ids: Sequence[int], n: int) -> Floats:
    """Leaves out what would complete n tokens that stand in ids already (Paulus et al. 2018).

    Where that would leave nothing, all is left as it was.
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
    """Takes multiplier base^(length - allowed) from what would go on with a repetition.

    Length counts the last tokens that stood before that token at another place already, breakers
    not among them and at most LONGEST; shorter ones than `allowed` are free ("don't repeat
    yourself", P. E. Weidmann 2024).
    """
    longest = _repetitions(ids, breakers)
    changed = logits.copy()
    for id, length in longest.items():
        if length >= allowed:
            changed[id] -= min(multiplier * base ** (length - allowed), MOST)
    return changed


def _repetitions(ids: Sequence[int], breakers: Collection[int]) -> dict[int, int]:
    """For each token that would go on with a repetition, the length of the longest."""
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
