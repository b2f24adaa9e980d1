"""Reading that adapts to the text: neural cache and dynamic evaluation."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from rnnrepl.checkpoint import in_range
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.rnn.clamped_network import ClampedNetwork
from rnnrepl.rnn.network import NO_TOKEN, Context, Floats, Ids, Network
from rnnrepl.rnn.runtime import require_torch
from rnnrepl.scoring.adaptation import Adapt, Cache
from rnnrepl.scoring.cache import CacheMemory, CacheMixture
from rnnrepl.scoring.surprisal import BatchedReading, Block, LogitSource

if TYPE_CHECKING:  # torch is imported only when weights are updated
    from rnnrepl.rnn.torch_dynamic_eval import DynamicEvaluator

DIVERGED = "Dynamic evaluation diverged: lower --adapt-rate."


class DivergedError(RnnreplError):
    """Dynamic evaluation has made the weights useless."""


class AdaptiveReader:
    """Reads one text after another and adapts to them; the given network is never changed.

    `weights` are those of the network, by name. Raises RnnreplError if a network that is clamped,
    or in double precision, is to be adapted; reading raises DivergedError if the learning rate of
    `adapt` is too high.
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Floats],
        device: str = "cpu",
        *,
        adapt: Adapt | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.network, self.adapt, self.cache = network, adapt, cache
        self._evaluator = _evaluator(network, weights, device, adapt) if adapt else None
        self.reset()

    def reset(self, *, weights: bool = True) -> None:
        """Empties the cache and, if `weights`, restores the original weights."""
        if self._evaluator and weights:
            self._evaluator.reset()
        self._memory = CacheMemory(self.cache.window) if self.cache else None

    def read(self, ids: Ids, context: Context) -> LogitSource:
        """Returns the source that reads ids (T,) from a context."""
        source: LogitSource = BatchedReading(self.network, [ids], context)
        if self._evaluator and self.adapt:
            source = DynamicEvaluation(self._evaluator, ids, context, self.adapt.segment)
        if self._memory and self.cache:
            source = CacheMixture(source, self._memory, self.cache)
        return source

    def adapted_weights(self) -> dict[str, Floats]:
        """Returns copies of the weights, by name, after what has been read; needs `adapt`.

        Raises DivergedError if a model cannot have them: they are not finite, or are too large.
        """
        assert self._evaluator
        weights = self._evaluator.arrays()
        if not all(map(in_range, weights.values())):
            raise DivergedError(DIVERGED)
        return weights

    def adapt_to(self, ids: Ids, context: Context) -> Context:
        """Reads ids (T,) only to adapt to them; returns the context after them."""
        source = self.read(ids, context)
        for _ in source.blocks():
            pass
        return source.after(0)


def _evaluator(
    network: Network, weights: Mapping[str, Floats], device: str, adapt: Adapt
) -> "DynamicEvaluator":
    if isinstance(network, ClampedNetwork):
        raise usage("`adapt` does not support `clamp`: leave out one of them.")
    if network.initial().dtype == np.float64:
        raise usage("`adapt` needs single precision: leave out `float64` or `adapt`.")
    require_torch("`adapt`")
    from rnnrepl.rnn.torch_dynamic_eval import DynamicEvaluator

    return DynamicEvaluator(network.config, weights, device, adapt.rate, adapt.decay)


class DynamicEvaluation:
    """A `LogitSource` that scores a text segment by segment and updates the weights after each."""

    def __init__(
        self, evaluator: "DynamicEvaluator", ids: Ids, context: Context, segment: int
    ) -> None:
        self._evaluator, self._ids, self._context = evaluator, ids, context
        self._segment = segment

    def blocks(self) -> Iterator[Block]:
        first = 0
        if self._context.id == NO_TOKEN and len(self._ids):
            self._context, first = Context(self._context.state, int(self._ids[0])), 1
        for start in range(first, len(self._ids), self._segment):
            targets = self._ids[start : start + self._segment]
            inputs = np.concatenate([[self._context.id], targets[:-1]])
            hidden, logits, state = self._evaluator.update(inputs, targets, self._context.state)
            if not np.isfinite(logits).all():
                raise DivergedError(DIVERGED)
            self._context = Context(state, int(targets[-1]))
            yield Block(np.arange(start, start + len(targets)), hidden, logits, targets)

    def after(self, b: int) -> Context:
        return self._context
