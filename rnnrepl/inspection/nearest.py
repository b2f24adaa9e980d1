"""Places of a text at which the state of a network is nearest to a given state.

Nearness is the cosine of the angle between the two vectors. Shapes: T tokens, W width of a signal.
"""

from collections.abc import Iterable, Iterator
from heapq import heappush, heapreplace
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.progress import Progress
from rnnrepl.inspection.activations import signal_names
from rnnrepl.inspection.reading import TracedReading, blocks
from rnnrepl.results.fields import Signal
from rnnrepl.results.inspection import NearestPlace
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context, Float64s
from rnnrepl.scoring.base_model import BaseModel
from rnnrepl.tokenizer import Tokenizer

SHOWN = 40  # characters of the text before a place, and of those after it


class _Place(NamedTuple):
    """A place by its similarity; of equal ones, the first in the text is the greatest."""

    similarity: float
    order: int  # minus the position
    context: str
    next: str
    following: str


def signal_name(config: NetworkConfig, layer: int | None, signal: Signal) -> str:
    """The name of a signal of a layer, the last one by default, in `rnnrepl.rnn.signals`.

    Raises RnnreplError for a layer or a signal that the network does not have.
    """
    names = signal_names(config, signal)
    if layer is not None and not 0 <= layer < config.layers:
        last = config.layers - 1
        raise usage(f"There is no layer {layer}: layers are numbered from 0 to {last}.")
    return names[-1 if layer is None else layer]


def nearest(
    model: BaseModel, texts: Iterable[str], here: Context, name: str, *, top: int
) -> Iterator[Progress | NearestPlace]:
    """Yields progress in bytes, then the `top` places whose signal is nearest to that of `here`.

    The texts are one text in pieces. Memory does not grow with its length. Raises RnnreplError for
    a text without tokens.
    """
    network, tokenizer = model.network, model.tokenizer
    trace = network.trace(np.array([here.checked_id]), here.state, [name])
    best, offset, before = _Best(trace[name][0], top), 0, ""
    reading = TracedReading(network, model.begin(), [name])
    for text, after in pairwise(chain(blocks(texts), [""])):
        ids, starts, ends = tokenizer.encode(text)
        window = _Window(before + text + after[:SHOWN], offset - len(before))
        spans = [(int(a) + offset, int(b) + offset) for a, b in zip(starts, ends, strict=True)]
        spans.append(_first_span(tokenizer, after, offset + len(text)))
        t = 0
        for chunk, progress in reading.read_text(text, np.asarray(ids, np.int32)):
            best.add(chunk[name], spans[t : t + len(chunk[name]) + 1], window)
            t += len(chunk[name])
            yield progress
        offset, before = offset + len(text), (before + text)[-SHOWN:]
    if not best.places:
        raise RnnreplError("There is no text to search.")
    yield from best.records()


def _first_span(tokenizer: Tokenizer, text: str, offset: int) -> tuple[int, int]:
    """The characters of the first token of a block."""
    line = text.split("\n", 1)[0] if text else ""
    _, starts, ends = tokenizer.encode(line)
    return (int(starts[0]) + offset, int(ends[0]) + offset) if len(starts) else (offset, offset)


class _Window(NamedTuple):
    """Characters of the text from `start` on."""

    text: str
    start: int

    def part(self, start: int, end: int) -> str:
        """The characters of the text from `start` to `end`."""
        return self.text[max(0, start - self.start) : max(0, end - self.start)]


class _Best:
    """The places with the greatest similarity to a vector (W,)."""

    def __init__(self, vector: npt.NDArray[np.floating], top: int) -> None:
        vector = vector.astype(np.float64)
        self._direction = vector / (np.linalg.norm(vector) or 1.0)
        self._top = top
        self.places: list[_Place] = []  # a heap: the least similar first

    def add(
        self, values: npt.NDArray[np.floating], spans: list[tuple[int, int]], window: _Window
    ) -> None:
        """Adds the places after tokens with these values (T, W), at T + 1 spans."""
        similarities = self._similarities(values)
        least = self.places[0].similarity if len(self.places) == self._top else -np.inf
        candidates = np.flatnonzero(similarities > least)
        if len(candidates) > self._top:
            order = np.argsort(-similarities[candidates], kind="stable")[: self._top]
            candidates = candidates[order]
        for t in candidates.tolist():
            position, following = spans[t][1], spans[t + 1]
            place = _Place(
                float(similarities[t]),
                -position,
                window.part(position - SHOWN, position),
                window.part(*following),
                window.part(position, position + SHOWN),
            )
            if len(self.places) < self._top:
                heappush(self.places, place)
            elif place > self.places[0]:
                heapreplace(self.places, place)

    def _similarities(self, values: npt.NDArray[np.floating]) -> Float64s:
        """The cosines (T,) of vectors (T, W); 0 for a vector of zeros."""
        rows = values.astype(np.float64)
        lengths = np.sqrt(np.einsum("tw,tw->t", rows, rows))
        cosines: Float64s = rows @ self._direction / np.where(lengths > 0, lengths, 1)
        return cosines

    def records(self) -> Iterator[NearestPlace]:
        """Yields the places, the nearest first."""
        for place in sorted(self.places, reverse=True):
            yield NearestPlace(
                -place.order, place.context, place.next, place.similarity, place.following
            )
