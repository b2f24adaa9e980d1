"""How likely ids are: surprisal, rank and entropy at each place. Knows no text and no screen.

Shapes: B texts, T tokens, V vocabulary, D what the softmax reads. All surprisals are in nats, in
float64.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rnnrepl.files.threads import spread
from rnnrepl.rnn.network import Context, Floats, Ids, Network

Float64s = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

# Tokens read in one go, and numbers in one block of logits: on each core they bound the memory,
# whatever the text's length and the vocabulary's size. More texts side by side would hardly be
# faster.
CHUNK = 1024
BLOCK = 1 << 21
ABREAST = 128


@dataclass(frozen=True, slots=True)
class Measures:
    """What a model thinks of some tokens: `nats` -ln P, `rank` from 1, `entropy`; each (T,).

    `top_ids` and `top_nats`, (T, K), are the likeliest tokens at each place, best first.
    """

    nats: Float64s
    rank: Integers
    entropy: Float64s
    top_ids: Integers
    top_nats: Float64s

    @classmethod
    def blank(cls, tokens: int, top: int) -> "Measures":
        """Room for the measures of some tokens."""
        flat, wide = tokens, (tokens, top)
        ranks, ids = np.empty(flat, np.intp), np.empty(wide, np.intp)
        return cls(np.empty(flat), ranks, np.empty(flat), ids, np.empty(wide))

    def __getitem__(self, places: slice) -> "Measures":
        return Measures(*(column[places] for column in self._columns()))

    def __setitem__(self, places: Integers, measures: "Measures") -> None:
        for mine, theirs in zip(self._columns(), measures._columns(), strict=True):
            mine[places] = theirs

    def _columns(self) -> tuple[npt.NDArray[Any], ...]:
        return self.nats, self.rank, self.entropy, self.top_ids, self.top_nats


def measure(
    network: Network, ids: Ids, context: Context, *, top: int = 0
) -> tuple[Measures, Context]:
    """Every measure of ids (T,) read from a context, and the context after them."""
    reading = Reading(network, [ids], context)
    found = Measures.blank(len(ids), min(top, network.config.vocabulary))
    for _ in fill(found, reading):
        pass
    return found, reading.after(0)


def measure_all(
    network: Network, texts: Sequence[Ids], context: Context, *, top: int = 0
) -> list[Measures]:
    """The measures of texts (T,), each read from the context as if it stood alone.

    Texts of like length are read side by side, which is many times faster than one by one, and many
    of them on all cores.
    """
    lengths = [len(ids) for ids in texts]
    found = Measures.blank(sum(lengths), min(top, network.config.vocabulary))
    for _ in fill_all(found, network, texts, context):
        pass
    starts = _starts(lengths).tolist()
    return [found[start:end] for start, end in pairwise([*starts, sum(lengths)])]


def fill_all(
    found: Measures, network: Network, texts: Sequence[Ids], context: Context
) -> Iterator[int]:
    """The same, put where the texts' tokens stand one after the other; yields as `fill` does."""
    lengths = [len(ids) for ids in texts]
    starts, order = _starts(lengths), np.argsort(lengths, kind="stable")[::-1]
    groups = [order[first : first + ABREAST] for first in range(0, len(order), ABREAST)]

    def fill_group(places: Integers) -> Iterator[int]:
        beside = [texts[place] for place in places]
        yield from fill(found, Reading(network, beside, context, starts[places]))

    tasks = map(fill_group, groups)
    if not network.spreads or len(groups) < 2:
        yield from chain(*tasks)
        return
    network.expect(np.concatenate([[context.id], *texts]))
    yield from spread(tasks)


def _starts(lengths: Sequence[int]) -> Integers:
    """Where each of some texts starts that stand one after the other."""
    starts: Integers = np.cumsum([0, *lengths[:-1]], dtype=np.intp)
    return starts


def surprisals(network: Network, ids: Ids, context: Context) -> tuple[Float64s, Context]:
    """-ln P of each of ids (T,) alone, which costs less than all the measures."""
    reading = Reading(network, [ids], context)
    nats = np.empty(len(ids))
    for block in reading.blocks():
        nats[block.places] = block.nats()
    return nats, reading.after(0)


def read(network: Network, ids: Ids, context: Context) -> Context:
    """The context after ids (T,)."""
    reading = Reading(network, [ids], context)
    for _ in reading.hidden():
        pass
    return reading.after(0)


class Block(NamedTuple):
    """N places of texts: their numbers (N,), what the softmax reads there (N, D), its argument
    (N, V), which may be written on, and the ids that stand there (N,).
    """

    places: Integers
    hidden: Floats
    logits: Floats
    targets: Ids

    def part(self, places: slice) -> "Block":
        """Some of its places."""
        hidden, logits = self.hidden[places], self.logits[places]
        return Block(self.places[places], hidden, logits, self.targets[places])

    def nats(self) -> Float64s:
        """-ln P of each id (N,)."""
        return _partition(self.logits)[0] - _at(self.logits, self.targets)


class Source(Protocol):
    """Texts as they are read: block by block, and then where each of them ends."""

    def blocks(self) -> Iterator[Block]:
        """Reads on."""

    def after(self, b: int) -> Context:
        """Where text b ends, once all is read."""


class Reading:
    """Texts (T,) read side by side from one context, the longest first, each with its own state.

    Where one ends the others go on without it, so that nothing is ever padded. The places of their
    tokens are counted through all of them; or those of each from one of `starts`.
    """

    def __init__(
        self,
        network: Network,
        texts: Sequence[Ids],
        context: Context,
        starts: Integers | None = None,
    ) -> None:
        self.network, self.texts, self.context = network, texts, context
        self.lengths = [len(text) for text in texts]
        self._starts = _starts(self.lengths) if starts is None else starts
        self._states = np.repeat(network.initial()[None], len(texts), 0)
        self._states[:] = context.state
        self._unread = np.full(len(texts), context.id)

    def hidden(self) -> Iterator[tuple[Integers, Floats, Ids]]:
        """Reads on: some tokens' places (N,), what predicts them (N, D), their ids (N,)."""
        lengths, start, b = np.array(self.lengths), 0, len(self.lengths)
        while b := int(np.count_nonzero(lengths[:b] > start)):
            end = min(start + max(1, CHUNK // b), self.lengths[0])
            steps = np.arange(start, end)[:, None]
            there = steps < lengths[:b]  # (T, B)
            counts, ids = np.count_nonzero(there, 1).tolist(), self._ids(b, start, end)
            read, targets = ids[:-1][there], ids[1:][there]
            hidden, self._states[:b] = self.network.forward(read, counts, self._states[:b])
            self._unread[:b] = ids[np.count_nonzero(there, 0), np.arange(b)]
            yield (self._starts[:b] + steps)[there], hidden, targets
            start = end

    def _ids(self, b: int, start: int, end: int) -> Ids:
        """The last id of each of the first b texts that is unread, and those that follow: (1+T, B).

        Where a text has ended the array holds anything.
        """
        ids = np.empty((1 + end - start, b), np.intp)
        ids[0] = self._unread[:b]
        for column, text in enumerate(self.texts[:b]):
            part = text[start:end]
            ids[1 : 1 + len(part), column] = part
        return ids

    def blocks(self) -> Iterator[Block]:
        """The same with the logits, in blocks that bound the memory."""
        size = max(1, BLOCK // self.network.config.vocabulary)
        for places, hidden, targets in self.hidden():
            for start in range(0, len(places), size):
                part = slice(start, start + size)
                logits = self.network.logits(hidden[part])
                yield Block(places[part], hidden[part], logits, targets[part])

    def after(self, b: int) -> Context:
        """Where text b ends, once all is read."""
        if not self.lengths[b]:
            return self.context
        return Context(self._states[b], int(self._unread[b]))


def fill(found: Measures, source: Source) -> Iterator[int]:
    """Puts the measures of a source's tokens at their places; yields of how many, as it reads."""
    top = found.top_ids.shape[1]
    for block in source.blocks():
        found[block.places] = _measures(block.logits, block.targets, top)
        yield len(block.targets)


def _measures(logits: Floats, targets: Ids, top: int) -> Measures:
    log_z, exp, z = _partition(logits)
    own = _at(logits, targets)
    # H = ln Z - sum p l. The logits are centred by _partition, so that the product stays exact.
    entropy = log_z - np.einsum("tv,tv->t", exp, logits) / z
    ids = likeliest(logits, top)
    return Measures(
        log_z - own,
        1 + np.count_nonzero(logits > own[:, None], 1),
        entropy,
        ids,
        log_z[:, None] - np.take_along_axis(logits, ids, 1),
    )


def _partition(logits: Floats) -> tuple[Float64s, Floats, Float64s]:
    """ln Z (T,), exp(logits) (T, V) and Z (T,) of logits, which are shifted in place to max 0."""
    logits -= logits.max(1, keepdims=True, initial=-np.inf)
    exp = np.exp(logits)
    z = exp.sum(1, dtype=np.float64)
    return np.log(z), exp, z


def _at(logits: Floats, targets: Ids) -> Floats:
    found: Floats = logits[np.arange(len(targets)), targets]
    return found


def likeliest(logits: Floats, count: int) -> Integers:
    """The ids of the `count` greatest logits (T, V) at each place, greatest first: (T, count)."""
    count = min(count, logits.shape[1])
    if not count:
        return np.empty((len(logits), 0), np.intp)
    ids = np.argpartition(-logits, count - 1, 1)[:, :count]
    order = np.argsort(-np.take_along_axis(logits, ids, 1), 1, kind="stable")
    return np.take_along_axis(ids, order, 1)
