"""Reads a text of any length chunk by chunk and yields its signals, with the state carried.

Shapes: T tokens, S flat state.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from rnnrepl.files.chunks import whole_lines
from rnnrepl.files.progress import Progress
from rnnrepl.rnn import signals
from rnnrepl.rnn.network import NO_TOKEN, Context, Floats, Ids, Network

CHUNK = 1024  # tokens whose signals are in memory at once
CHARACTERS = 1 << 18  # of a block of a text


def blocks(texts: Iterable[str]) -> Iterator[str]:
    """Recuts a text into blocks of whole lines, each of CHARACTERS or more but the last."""
    held: list[str] = []
    for piece in whole_lines(texts):
        held.append(piece)
        if sum(map(len, held)) >= CHARACTERS:
            yield "".join(held)
            held = []
    if held:
        yield "".join(held)


def byte_count(text: str) -> int:
    """The number of bytes of a text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


class TracedReading:
    """Reads one text, given in parts; `state`, (S,), is the state after all tokens so far.

    Names are those of `rnnrepl.rnn.signals`.
    """

    def __init__(self, network: Network, context: Context, names: Sequence[str]) -> None:
        self._network, self._bytes = network, 0
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

    def read_text(self, text: str, ids: Ids) -> Iterator[tuple[dict[str, Floats], Progress]]:
        """Continues with a text, of these ids (T,); yields what `read` does, and the bytes read."""
        size, count = byte_count(text), 0
        for trace in self.read(ids):
            count += len(trace[self._names[0]])
            yield trace, Progress(self._bytes + size * count // len(ids))
        self._bytes += size


def traced(network: Network, ids: Ids, context: Context, names: Sequence[str]) -> dict[str, Floats]:
    """All signals of ids (T,) that follow a context: {name: (T, width)}."""
    reading = TracedReading(network, context, names)
    widths = signals.widths(network.config)
    chunks = [
        {name: np.empty((0, widths[name]), reading.state.dtype) for name in names},
        *reading.read(ids),
    ]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}
