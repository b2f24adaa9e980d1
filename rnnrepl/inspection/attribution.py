"""Attribution: how much each token that was read contributed to a prediction.

The value F that is explained is ln P(target), or ln P(target) - ln P(against). Occlusion measures
F(x) - F(x with one token replaced), exactly. Gradient x input is its first-order estimate,
(x - x') dF/dx (Shrikumar et al., 2016, arXiv:1605.01713), and integrated gradients are (x - x')
times the mean gradient on the straight line from x' to x, where x' are the baselines of all tokens
(Sundararajan et al., 2017, arXiv:1703.01365): these add up to F(x) - F(x').

Shapes: T sources, B texts side by side, E embedding, V vocabulary.
"""

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.files.threads import run_parallel
from rnnrepl.rnn.differentiable import DifferentiableNetwork
from rnnrepl.rnn.gradient_layers import Array
from rnnrepl.rnn.network import NO_TOKEN, Context, Ids
from rnnrepl.scoring.surprisal import BLOCK

POINTS = 16  # of integrated gradients that are read side by side
ROOM = 1 << 24  # numbers that they keep at most


class Value(NamedTuple):
    """The value F of logits that is explained."""

    target: int
    against: int | None = None

    def of(self, logits: Array) -> Array:
        """Returns F (B,) of logits (B, V)."""
        other = np.logaddexp.reduce(logits, 1)
        if self.against is not None:
            other = logits[:, self.against]
        values: Array = logits[:, self.target] - other
        return values

    def gradient(self, logits: Array) -> Array:
        """Returns dF/dlogits (B, V)."""
        if self.against is None:
            gradient: Array = -np.exp(logits - np.logaddexp.reduce(logits, 1, keepdims=True))
        else:
            gradient = np.zeros_like(logits)
            gradient[:, self.against] = -1
        gradient[:, self.target] += 1
        return gradient


class SourceReader:
    """Reads the sources as they are, and with tokens replaced.

    `x`, (T, E), are the embeddings that are read: that of the token of the context, if there is
    one, and those of the sources. `replaced` has the baseline (E,) in place of every source;
    without a baseline a source is left out instead.
    """

    def __init__(
        self,
        network: DifferentiableNetwork,
        ids: Ids,
        context: Context,
        baseline: Array | None,
    ) -> None:
        self._network, self._omit = network, baseline is None
        self._state = context.state.astype(np.float64)[None]
        self._before = 0 if context.id == NO_TOKEN else 1
        if self._omit and not self._before:
            raise usage(
                "The model does not predict the first token, so not all tokens can be left out: "
                "give another `baseline`."
            )
        self.x = network.embed(np.append(context.id, ids)[1 - self._before :])
        self.replaced = self.x.copy()
        if baseline is not None:
            self.replaced[self._before :] = baseline

    def logits(self, x: Array) -> Array:
        """The logits (1, V) after embeddings (T, E)."""
        return self._network.logits(self._network.read(x[:, None], self._state).output)

    def baseline_logits(self) -> Array:
        """The logits (1, V) with every source replaced."""
        return self.logits(self.replaced[: self._before] if self._omit else self.replaced)

    def occluded(self, value: Value) -> Array:
        """F (T,) with one source replaced, for each source."""
        count = len(self.x) - self._before
        values, size = np.empty(count), max(16, count // 16)

        def occlude(start: int) -> Iterator[int]:
            group = range(start, min(start + size, count))
            values[group.start : group.stop] = yield from self._occluded(group, value)

        for _ in run_parallel(map(occlude, range(0, count, size))):
            pass
        return values

    def _occluded(self, group: range, value: Value) -> Generator[int, None, Array]:
        """F with one source replaced, for some sources; yields once per time step."""
        states, output = self._state, np.empty((1, self._network.config.output))
        for t, x in enumerate(self.x):
            # Row 0 reads every token, each other row all but one; a row joins them at each source.
            rows, joins = np.repeat(x[None], len(states), 0), t - self._before in group
            state, last = states[:1], output[:1]
            if joins and not self._omit:
                rows, states = np.append(rows, self.replaced[t : t + 1], 0), _joined(states, state)
            reading = self._network.read(rows[None], states)
            states, output = reading.states, reading.output
            if joins and self._omit:
                states, output = _joined(states, state), _joined(output, last)
            yield 1
        size = max(1, BLOCK // self._network.config.vocabulary)
        blocks = (output[start : start + size] for start in range(1, len(output), size))
        return np.concatenate([value.of(self._network.logits(block)) for block in blocks])

    def integrated(self, value: Value, nodes: Array, weights: Array) -> Array:
        """(x - x') times the weighted mean of dF/dx at points on the path, for each source."""
        config, change = self._network.config, self.x - self.replaced
        room = ROOM // (len(self.x) * 8 * sum(config.hidden) + config.vocabulary)
        size = max(1, min(POINTS, room))
        starts = range(0, len(nodes), size)
        sums: list[Array] = [np.empty(0)] * len(starts)

        def add(number: int) -> Iterator[int]:
            part = slice(starts[number], starts[number] + size)
            x = self.replaced[:, None] + nodes[part, None] * change[:, None]
            reading = self._network.read(x, np.repeat(self._state, x.shape[1], 0))
            d_logits = value.gradient(self._network.logits(reading.output))
            d_x = self._network.gradient(reading, d_logits)
            sums[number] = np.einsum("b,tbe->te", weights[part], d_x)
            yield 1

        for _ in run_parallel(map(add, range(len(starts)))):
            pass
        attributions: Array = (change * sum(sums)).sum(-1)[self._before :]
        return attributions


def _joined(rows: Array, row: Array) -> Array:
    joined: Array = np.append(rows, row, 0)
    return joined
