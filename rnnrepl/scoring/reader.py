"""Reading with what the text before has taught: through a neural cache, by weights that learn."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.network import Context, Floats, Ids, Network
from rnnrepl.scoring.adaptation import Adapt, Cache
from rnnrepl.scoring.cache import Memory, Recalling
from rnnrepl.scoring.surprisal import Block, Reading, Source

if TYPE_CHECKING:  # torch is imported when something is to be learnt
    from rnnrepl.rnn.torch_learner import Learner


class DivergedError(RnnreplError):
    """Learning has made a network useless."""


class Reader:
    """Reads text after text, and takes from each what helps with the next.

    The network stays as it is. One that adapts raises DivergedError where its rate is too high.
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
        self._learner = _learner(network, weights, device, adapt) if adapt else None
        self.forget()

    def forget(self) -> None:
        """Back to the model as it is, with nothing read."""
        if self._learner:
            self._learner.forget()
        self._memory = Memory(self.cache.window) if self.cache else None

    def read(self, ids: Ids, context: Context) -> Source:
        """Some ids (T,), to be read from a context."""
        source: Source = Reading(self.network, [ids], context)
        if self._learner and self.adapt:
            source = Learning(self._learner, ids, context, self.adapt.segment)
        if self._memory and self.cache:
            source = Recalling(source, self._memory, self.cache)
        return source

    def pass_over(self, ids: Ids, context: Context) -> Context:
        """Reads ids (T,) for what can be taken from them; the context after them."""
        source = self.read(ids, context)
        for _ in source.blocks():
            pass
        return source.after(0)


def _learner(
    network: Network, weights: Mapping[str, Floats], device: str, adapt: Adapt
) -> "Learner":
    from rnnrepl.rnn.torch_learner import Learner

    return Learner(network.config, weights, device, adapt.rate, adapt.decay)


class Learning:
    """A text that is learnt from, segment by segment, each once it is scored."""

    def __init__(self, learner: "Learner", ids: Ids, context: Context, segment: int) -> None:
        self._learner, self._ids, self._context = learner, ids, context
        self._segment = segment

    def blocks(self) -> Iterator[Block]:
        for start in range(0, len(self._ids), self._segment):
            targets = self._ids[start : start + self._segment]
            state, id = self._context.state, self._context.id
            read = np.concatenate([[id], targets[:-1]])
            hidden, logits, state = self._learner.learn(read, targets, state)
            if not np.isfinite(logits).all():
                raise DivergedError("It learns too fast and loses itself: lower --adapt-rate.")
            self._context = Context(state, int(targets[-1]))
            yield Block(np.arange(start, start + len(targets)), hidden, logits, targets)

    def after(self, b: int) -> Context:
        return self._context
