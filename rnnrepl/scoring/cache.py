"""A neural cache (Grave et al., 2017): what came after similar states is expected again.

Shapes: T tokens, N remembered ones, D what the softmax reads, V vocabulary.

    p(w) = (1 - lambda) p_model(w) + lambda p_cache(w)
    p_cache(w) ~ sum over the last `window` places i where w came next: exp(theta h_i . h)
"""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnrepl.rnn.network import Context, Floats, Ids
from rnnrepl.scoring.adaptation import Cache
from rnnrepl.scoring.surprisal import Block, Float64s, Source

CHUNK = 256  # tokens that look into the cache in one go


class Memory:
    """The last states and what came after each."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._states: Floats | None = None
        self._ids: Ids = np.empty(0, np.int64)

    def add(self, states: Floats, ids: Ids) -> None:
        """Remembers states (T, D) and the ids (T,) that came after them; forgets the oldest."""
        states, ids = self._with(states, ids)
        self._states, self._ids = states[-self._window :], ids[-self._window :]

    def share(self, states: Floats, ids: Ids, theta: float) -> Float64s:
        """P of ids (T,) under the cache alone, each state remembered once it is past.

        NaN where nothing is remembered yet.
        """
        weights, after = self._weights(states, ids, theta)
        found: Float64s = (weights * (after == ids[:, None])).sum(1)
        return found

    def distribution(self, states: Floats, ids: Ids, theta: float, vocabulary: int) -> Float64s:
        """The same of every token: (T, V)."""
        weights, after = self._weights(states, ids, theta)
        places = np.arange(len(ids))[:, None] * vocabulary + after
        found = np.zeros((len(ids), vocabulary))
        found += np.bincount(places.ravel(), weights.ravel(), found.size).reshape(found.shape)
        found[np.isnan(weights[:, 0])] = np.nan
        return found

    def _with(self, states: Floats, ids: Ids) -> tuple[Floats, Ids]:
        before = states[:0] if self._states is None else self._states
        return np.concatenate([before, states]), np.concatenate([self._ids, ids])

    def _weights(self, states: Floats, ids: Ids, theta: float) -> tuple[Float64s, Ids]:
        """How much each state (T,) recalls of each remembered one (N,); and what came after it."""
        kept, after = self._with(states, ids)
        age = np.arange(len(kept) - len(ids), len(kept))[:, None] - np.arange(len(kept))
        known = (age > 0) & (age <= self._window)
        likeness = np.where(known, theta * (states @ kept.T), -np.inf)
        with np.errstate(invalid="ignore"):  # -inf less -inf, where nothing is known
            weights = np.exp(likeness - likeness.max(1, keepdims=True)).astype(np.float64)
        weights /= weights.sum(1, keepdims=True)
        return weights, after


class Recalling:
    """A text that is read with a cache: its logits are ln p of the mixture."""

    def __init__(self, source: Source, memory: Memory, cache: Cache) -> None:
        self._source, self._memory, self._cache = source, memory, cache

    def blocks(self) -> Iterator[Block]:
        for block in self._source.blocks():
            for part in _parts(block):
                yield part._replace(logits=self._mixed(part))
                self._memory.add(part.hidden, part.targets)

    def after(self, b: int) -> Context:
        return self._source.after(b)

    def _mixed(self, block: Block) -> Floats:
        logits = block.logits.astype(np.float64)
        nats = np.logaddexp.reduce(logits, 1, keepdims=True) - logits
        theta, vocabulary = self._cache.theta, nats.shape[1]
        share = self._memory.distribution(block.hidden, block.targets, theta, vocabulary)
        return -_mixed(nats, share, self._cache.weight)


class Recall:
    """Sums up what a text costs with each of some caches."""

    def __init__(self, caches: Sequence[Cache]) -> None:
        self._windows = {one.window: Memory(one.window) for one in caches}
        self._nats = dict.fromkeys(caches, 0.0)

    def add(self, block: Block, nats: Float64s) -> None:
        """Goes on with the text by places whose -ln P without a cache is known, (N,)."""
        start = 0
        for part in _parts(block) if self._nats else ():
            self._add(part, nats[start : start + len(part.targets)])
            start += len(part.targets)

    def best(self) -> tuple[Cache, float]:
        """The cache with which the text is likeliest, and -ln P of the text with it."""
        return min(self._nats.items(), key=lambda item: item[1])

    def _add(self, block: Block, nats: Float64s) -> None:
        shares: dict[tuple[int, float], Float64s] = {}
        for cache in self._nats:
            key = cache.window, cache.theta
            if key not in shares:
                memory = self._windows[cache.window]
                shares[key] = memory.share(block.hidden, block.targets, cache.theta)
            self._nats[cache] += float(_mixed(nats, shares[key], cache.weight).sum())
        for memory in self._windows.values():
            memory.add(block.hidden, block.targets)


def _parts(block: Block) -> Iterator[Block]:
    for start in range(0, len(block.targets), CHUNK):
        yield block.part(slice(start, start + CHUNK))


def _mixed(nats: Float64s, share: Float64s, weight: float) -> Float64s:
    """-ln of the mixture; without a memory it is the model's alone."""
    with np.errstate(divide="ignore", invalid="ignore"):  # a share of 0, or none
        both = -np.logaddexp(np.log1p(-weight) - nats, np.log(weight) + np.log(share))
    return np.where(np.isnan(share), nats, both)
