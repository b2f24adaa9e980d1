"""Neural cache: tokens that followed similar hidden states become more likely.

The formula is that of Grave et al. (2017, arXiv:1612.04426):

    p(w) = (1 - lambda) p_model(w) + lambda p_cache(w)
    p_cache(w) ~ sum over the last `window` positions i followed by w: exp(theta h_i . h)

Shapes: T tokens, N tokens in the cache, D width of the softmax input, V vocabulary.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnrepl.rnn.network import Context, Float64s, Floats, Ids
from rnnrepl.scoring.adaptation import Cache
from rnnrepl.scoring.surprisal import Block, LogitSource

CHUNK = 256  # tokens compared with the cache in one matrix product


class CacheMemory:
    """The last `window` hidden states and the token that followed each."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._states: Floats | None = None
        self._ids: Ids = np.empty(0, np.int64)

    def add(self, states: Floats, ids: Ids) -> None:
        """Appends states (T, D) and the ids (T,) that followed them; drops the oldest."""
        states, ids = self._appended(states, ids)
        self._states, self._ids = states[-self._window :], ids[-self._window :]

    def probabilities(self, states: Floats, ids: Ids, theta: float) -> Float64s:
        """Returns P(ids) (T,) under the cache alone; NaN where the cache is empty.

        Each position also sees those of `states` (T, D) that precede it.
        """
        weights, following = self._weights(states, ids, theta)
        result: Float64s = (weights * (following == ids[:, None])).sum(1)
        return result

    def distribution(self, states: Floats, ids: Ids, theta: float, vocabulary: int) -> Float64s:
        """Returns P (T, V) of every token, with the conventions of `probabilities`."""
        weights, following = self._weights(states, ids, theta)
        cells = np.arange(len(ids))[:, None] * vocabulary + following
        result = np.zeros((len(ids), vocabulary))
        result += np.bincount(cells.ravel(), weights.ravel(), result.size).reshape(result.shape)
        result[np.isnan(weights[:, 0])] = np.nan
        return result

    def _appended(self, states: Floats, ids: Ids) -> tuple[Floats, Ids]:
        before = states[:0] if self._states is None else self._states
        return np.concatenate([before, states]), np.concatenate([self._ids, ids])

    def _weights(self, states: Floats, ids: Ids, theta: float) -> tuple[Float64s, Ids]:
        """Returns the weight (T, N) of each cached state and the id (N,) that followed it."""
        cached, following = self._appended(states, ids)
        age = np.arange(len(cached) - len(ids), len(cached))[:, None] - np.arange(len(cached))
        visible = (age > 0) & (age <= self._window)
        similarity = np.where(visible, theta * (states @ cached.T), -np.inf)
        with np.errstate(invalid="ignore"):  # -inf - -inf, where the cache is empty
            weights = np.exp(similarity - similarity.max(1, keepdims=True)).astype(np.float64)
        weights /= weights.sum(1, keepdims=True)
        return weights, following


class CacheMixture:
    """A `LogitSource` interpolated with a cache: its logits are ln p of the mixture."""

    def __init__(self, source: LogitSource, memory: CacheMemory, cache: Cache) -> None:
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
        cached = self._memory.distribution(block.hidden, block.targets, theta, vocabulary)
        return -_mixed(nats, cached, self._cache.weight)


class CacheGrid:
    """Accumulates -ln P of a text, and of its unknown tokens, under each of several caches."""

    def __init__(self, caches: Sequence[Cache], unk: int) -> None:
        self._memories = {cache.window: CacheMemory(cache.window) for cache in caches}
        self._nats = {cache: np.zeros(2) for cache in caches}
        self._unk = unk

    def add(self, block: Block, nats: Float64s) -> None:
        """Continues the text with a block whose -ln P without a cache is `nats` (N,)."""
        start = 0
        for part in _parts(block) if self._nats else ():
            self._add(part, nats[start : start + len(part.targets)])
            start += len(part.targets)

    def best(self) -> tuple[Cache, Float64s]:
        """Returns the cache under which the text is most likely, and its -ln P (2,) with it.

        The first number is that of all tokens, the second that of unknown tokens.
        """
        return min(self._nats.items(), key=lambda item: float(item[1][0]))

    def _add(self, block: Block, nats: Float64s) -> None:
        cached: dict[tuple[int, float], Float64s] = {}
        for cache in self._nats:
            key = cache.window, cache.theta
            if key not in cached:
                memory = self._memories[cache.window]
                cached[key] = memory.probabilities(block.hidden, block.targets, cache.theta)
            mixed = _mixed(nats, cached[key], cache.weight)
            self._nats[cache] += split(mixed, block.targets, self._unk)
        for memory in self._memories.values():
            memory.add(block.hidden, block.targets)


def split(nats: Float64s, targets: Ids, unk: int) -> tuple[float, float]:
    """Returns the sums of -ln P (T,) over all targets (T,), and over those that are `unk`."""
    return float(nats.sum()), float(nats[targets == unk].sum())


def _parts(block: Block) -> Iterator[Block]:
    for start in range(0, len(block.targets), CHUNK):
        yield block.part(slice(start, start + CHUNK))


def _mixed(nats: Float64s, cached: Float64s, weight: float) -> Float64s:
    """-ln of the mixture; the model's own -ln P where the cache is empty (NaN)."""
    with np.errstate(divide="ignore", invalid="ignore"):  # the log of 0 or NaN
        mixture = -np.logaddexp(np.log1p(-weight) - nats, np.log(weight) + np.log(cached))
    return np.where(np.isnan(cached), nats, mixture)
