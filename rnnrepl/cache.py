"""A neural cache (Grave et al., 2017): what came after similar states is expected again.

Shapes: T tokens, N remembered ones, D what the softmax reads.

    p(w) = (1 - lambda) p_model(w) + lambda p_cache(w)
    p_cache(w) ~ sum over the last `window` places i where w came next: exp(theta h_i . h)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.rnn.network import Context, Floats, Ids, Network
from rnnrepl.surprisal import Float64s, Reading, nats_of

CHUNK = 256  # tokens that look into the cache in one go


@dataclass(frozen=True, slots=True)
class Cache:
    """How many places are remembered, how sharply, and the cache's share `weight`, the lambda."""

    window: int = 2000
    theta: float = 0.03
    weight: float = 0.2

    def __post_init__(self) -> None:
        if self.window < 1 or not 0 < self.weight < 1:
            raise usage("A cache has a window of 1 or more and a lambda between 0 and 1.")


# What is tried where a cache is tuned.
GRID = [
    Cache(*one)
    for one in product((100, 500, 2000), (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), (0.05, 0.1, 0.2, 0.3))
]


class Recall:
    """Reads a text once, and sums up what it costs with each of some caches."""

    def __init__(self, network: Network, caches: Sequence[Cache]) -> None:
        self._network = network
        self._windows = {one.window: Memory(one.window) for one in caches}
        self._nats = dict.fromkeys(caches, 0.0)

    def read(self, ids: Ids, context: Context) -> tuple[Float64s, Context]:
        """-ln P of each of ids (T,) without a cache, and the context after them."""
        reading = Reading(self._network, [ids], context)
        nats = np.empty(len(ids))
        for places, hidden, targets in reading.hidden():
            for start in range(0, places.size, CHUNK):
                part = slice(start, start + CHUNK)
                states, following = hidden[0, part], targets[0, part]
                plain = nats_of(self._network, states, following)
                self._add(plain, states, following)
                nats[places[0, part]] = plain
        return nats, reading.after(0)

    def best(self) -> tuple[Cache, float]:
        """The cache with which the text is likeliest, and -ln P of the text with it."""
        return min(self._nats.items(), key=lambda item: item[1])

    def _add(self, nats: Float64s, states: Floats, targets: Ids) -> None:
        shares: dict[tuple[int, float], Float64s] = {}
        for cache in self._nats:
            key = cache.window, cache.theta
            if key not in shares:
                shares[key] = self._windows[cache.window].share(states, targets, cache.theta)
            self._nats[cache] += float(_mixed(nats, shares[key], cache.weight).sum())
        for memory in self._windows.values():
            memory.add(states, targets)


class Memory:
    """The last states and what came after each."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._states: Floats | None = None
        self._ids: Ids = np.empty(0, np.int64)

    def add(self, states: Floats, ids: Ids) -> None:
        """Remembers states (T, D) and the ids (T,) that came after them; forgets the oldest."""
        before = states[:0] if self._states is None else self._states
        self._states = np.concatenate([before, states])[-self._window :]
        self._ids = np.concatenate([self._ids, ids])[-self._window :]

    def share(self, states: Floats, ids: Ids, theta: float) -> Float64s:
        """P of ids (T,) under the cache alone, each state remembered once it is past.

        NaN where nothing is remembered yet.
        """
        before = states[:0] if self._states is None else self._states
        kept, after = np.concatenate([before, states]), np.concatenate([self._ids, ids])
        age = np.arange(len(before), len(kept))[:, None] - np.arange(len(kept))
        known = (age > 0) & (age <= self._window)
        likeness = np.where(known, theta * (states @ kept.T), -np.inf)
        with np.errstate(invalid="ignore"):  # -inf less -inf, where nothing is known
            weights = np.exp(likeness - likeness.max(1, keepdims=True)).astype(np.float64)
        found: Float64s = (weights * (after == ids[:, None])).sum(1) / weights.sum(1)
        return found


def _mixed(nats: Float64s, share: Float64s, weight: float) -> Float64s:
    """-ln of the mixture; without a memory it is the model's alone."""
    with np.errstate(divide="ignore", invalid="ignore"):  # a share of 0, or none
        both = -np.logaddexp(np.log1p(-weight) - nats, np.log(weight) + np.log(share))
    return np.where(np.isnan(share), nats, both)
