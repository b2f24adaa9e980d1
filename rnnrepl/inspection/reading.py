"""Reads a text of any length chunk by chunk and yields its signals, with the state carried.

Shapes: T tokens, S flat state.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnrepl.rnn import signals
from rnnrepl.rnn.network import NO_TOKEN, Context, Floats, Ids, Network

CHUNK = 1024  # tokens whose signals are in memory at once


class TracedReading:
    """Reads one text, given in parts; `state`, (S,), is the state after all tokens so far.

    Names are those of `rnnrepl.rnn.signals`.
    """

    def __init__(self, network: Network, context: Context, names: Sequence[str]) -> None:
        self._network = network
        self._names = signals.checked(names, network.config)
        self._traced = list({*self._names, *signals.state_names(network.config)})
        self.state = context.state  # where the text begins with nothing to read before it
        if context.id != NO_TOKEN:
            self.state = network.step(context.id, context.state)[1]

    def read(self, ids: Ids) -> Iterator[dict[str, Floats]]:
        """Continues the text with ids (T,): yields the signals of at most CHUNK tokens at a time.

        Row t holds the values after token t was read.
        """
        for start in range(0, len(ids), CHUNK):
            trace = self._network.trace(ids[start : start + CHUNK], self.state, self._traced)
            self.state = signals.last_state(trace, self._network.config)
            yield {name: trace[name] for name in self._names}


def traced(network: Network, ids: Ids, context: Context, names: Sequence[str]) -> dict[str, Floats]:
    """All signals of ids (T,) that follow a context: {name: (T, width)}."""
    reading = TracedReading(network, context, names)
    widths = signals.widths(network.config)
    chunks = [
        {name: np.empty((0, widths[name]), reading.state.dtype) for name in names},
        *reading.read(ids),
    ]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}
