"""Surprisal, rank and entropy of token ids under a network.

Shapes: B texts, T tokens, N tokens of one block, V vocabulary, D width of the softmax input. All
surprisals are in nats, float64.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple, Protocol

import numpy as np

from rnnrepl.files.threads import run_parallel
from rnnrepl.rnn.network import NO_TOKEN, Context, Float64s, Floats, Ids, Network
from rnnrepl.rnn.step_threads import StepThreads
from rnnrepl.scoring.measures import Integers, Measures

# Tokens per forward pass and numbers per block of logits: they bound the memory on each core,
# whatever the length of the text and the size of the vocabulary. A larger batch is hardly faster.
CHUNK = 1024
BLOCK = 1 << 21
BATCH = 128


def measure(
    network: Network, ids: Ids, context: Context, *, top: int = 0, ends: Ids | None = None
) -> tuple[Measures, Context]:
    """Returns the measures of ids (T,) read from a context, and the context after them.

    `ends` are the ids of the tokens that end a word.
    """
    reading = BatchedReading(network, [ids], context, twice=True)
    out = Measures.empty(len(ids), min(top, network.config.vocabulary))
    for _ in fill(out, reading, ends=ends):
        pass
    return out, reading.after(0)


def measure_all(
    network: Network, texts: Sequence[Ids], context: Context, *, top: int = 0
) -> list[Measures]:
    """Returns the measures of texts (T,), each read from the context, independently of the others.

    Texts of similar length are read as batches, many times faster than one by one, and several
    batches on all cores.
    """
    lengths = [len(ids) for ids in texts]
    out = Measures.empty(sum(lengths), min(top, network.config.vocabulary))
    for _ in fill_all(out, network, texts, context):
        pass
    starts = _starts(lengths).tolist()
    return [out[start:end] for start, end in pairwise([*starts, sum(lengths)])]


def fill_all(
    out: Measures,
    network: Network,
    texts: Sequence[Ids],
    context: Context,
    *,
    only_nats: bool = False,
    ends: Ids | None = None,
) -> Iterator[int]:
    """Writes the measures of all texts, concatenated, into `out`; yields counts as `fill` does."""
    lengths = [len(ids) for ids in texts]
    starts, order = _starts(lengths), np.argsort(lengths, kind="stable")[::-1]
    batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]

    def fill_batch(numbers: Integers) -> Iterator[int]:
        batch = [texts[number] for number in numbers]
        source = BatchedReading(network, batch, context, starts[numbers], twice=True)
        yield from fill(out, source, only_nats=only_nats, ends=ends)

    tasks = map(fill_batch, batches)
    if not network.parallel or len(batches) < 2:
        yield from chain(*tasks)
        return
    begin = [] if context.id == NO_TOKEN else [context.id]
    network.prepare(np.concatenate([np.array(begin, np.intp), *texts]))
    yield from run_parallel(tasks)


def _starts(lengths: Sequence[int]) -> Integers:
    """The offset of each text in their concatenation."""
    starts: Integers = np.cumsum([0, *lengths[:-1]], dtype=np.intp)
    return starts


def surprisals(network: Network, ids: Ids, context: Context) -> tuple[Float64s, Context]:
    """Returns -ln P (T,) of ids (T,) and the context after them; cheaper than `measure`.

    It is nan for a first token that the model does not predict.
    """
    reading = BatchedReading(network, [ids], context, twice=True)
    nats = np.full(len(ids), np.nan)
    for block in reading.blocks():
        nats[block.positions] = block.nats()
    return nats, reading.after(0)


def read(network: Network, ids: Ids, context: Context) -> Context:
    """Returns the context after ids (T,)."""
    reading = BatchedReading(network, [ids], context)
    for _ in reading.hidden():
        pass
    return reading.after(0)


class Block(NamedTuple):
    """N tokens: positions (N,), softmax inputs (N, D), logits (N, V), target ids (N,).

    The logits may be overwritten.
    """

    positions: Integers
    hidden: Floats
    logits: Floats
    targets: Ids

    def part(self, part: slice) -> "Block":
        """Returns some of the tokens."""
        hidden, logits = self.hidden[part], self.logits[part]
        return Block(self.positions[part], hidden, logits, self.targets[part])

    def nats(self) -> Float64s:
        """Returns -ln P (N,) of the targets; overwrites the logits."""
        return _partition(self.logits)[0] - _at(self.logits, self.targets)


class LogitSource(Protocol):
    """Texts read block by block: the logits of every token, then the context after each text."""

    def blocks(self) -> Iterator[Block]:
        """Reads the texts to their end."""

    def after(self, b: int) -> Context:
        """Returns the context after text b; call it once all blocks are read."""


class BatchedReading:
    """The `LogitSource` of texts (T,) read as a batch from one context, the longest first.

    The batch shrinks when a text ends, so nothing is padded. The positions of text b count from
    `starts[b]`, by default from its offset in the concatenation.

    BLAS rounds the product of a single row otherwise than that of several. With `twice` the longest
    text, if it has at most CHUNK tokens, is read twice, so that no row is ever alone: the figures
    of a text then do not depend on the texts beside it.
    """

    def __init__(
        self,
        network: Network,
        texts: Sequence[Ids],
        context: Context,
        starts: Integers | None = None,
        *,
        twice: bool = False,
    ) -> None:
        self.network, self.context = network, context
        self._starts = _starts([len(text) for text in texts]) if starts is None else starts
        self._extra = int(twice and 0 < max(map(len, texts), default=0) <= CHUNK)
        texts = [*texts[: self._extra], *texts]
        self._starts = np.concatenate([self._starts[: self._extra], self._starts])
        self._states = np.repeat(network.initial()[None], len(texts), 0)
        self._states[:] = context.state
        self._unread = np.full(len(texts), context.id)
        if context.id == NO_TOKEN:  # the first token of each text is read, but not predicted
            self._unread = np.array([text[0] if len(text) else NO_TOKEN for text in texts])
            self._starts = self._starts + 1
            texts = [text[1:] for text in texts]
        self.texts = texts
        self.lengths = [len(text) for text in texts]

    def hidden(self) -> Iterator[tuple[Integers, Floats, Ids]]:
        """Reads the texts; yields positions (N,), softmax inputs (N, D) and target ids (N,)."""
        lengths, start, b = np.array(self.lengths), 0, len(self.lengths)
        with StepThreads(self.network) as threads:
            while b := int(np.count_nonzero(lengths[:b] > start)):
                end = min(start + max(1, CHUNK // b), self.lengths[0])
                steps = np.arange(start, end)[:, None]
                if b <= 1 + self._extra:  # one text is read step by step, in small products
                    threads.choose(len(steps))
                mask = steps < lengths[:b]  # (T, B)
                counts, ids = np.count_nonzero(mask, 1).tolist(), self._ids(b, start, end)
                inputs, targets = ids[:-1][mask], ids[1:][mask]
                hidden, self._states[:b] = self.network.forward(inputs, counts, self._states[:b])
                self._unread[:b] = ids[np.count_nonzero(mask, 0), np.arange(b)]
                positions = (self._starts[:b] + steps)[mask]
                own = np.flatnonzero((np.arange(b) >= self._extra)[None].repeat(len(mask), 0)[mask])
                yield positions[own], hidden[own], targets[own]
                start = end

    def _ids(self, b: int, start: int, end: int) -> Ids:
        """Returns (1 + T, B): the unread id of each of the first b texts, then ids start to end.

        Beyond the end of a text the values are arbitrary.
        """
        ids = np.empty((1 + end - start, b), np.intp)
        ids[0] = self._unread[:b]
        for column, text in enumerate(self.texts[:b]):
            part = text[start:end]
            ids[1 : 1 + len(part), column] = part
        return ids

    def blocks(self) -> Iterator[Block]:
        """Reads the texts; yields their tokens in blocks of bounded memory."""
        size = max(1, BLOCK // self.network.config.vocabulary)
        for positions, hidden, targets in self.hidden():
            for start in range(0, len(positions), size):
                part = slice(start, start + size)
                logits = self.network.logits(hidden[part])
                yield Block(positions[part], hidden[part], logits, targets[part])

    def after(self, b: int) -> Context:
        """Returns the context after text b; call it once all blocks are read."""
        b += self._extra
        if not self.lengths[b] and self._unread[b] == self.context.id:
            return self.context
        return Context(self._states[b], int(self._unread[b]))


def fill(
    out: Measures, source: LogitSource, *, only_nats: bool = False, ends: Ids | None = None
) -> Iterator[int]:
    """Writes the measures of a source into `out`; yields the number of tokens of each block.

    `only_nats` leaves out all others, which take longer with a large vocabulary. `ends` are the ids
    of the tokens that end a word.
    """
    top = out.top_ids.shape[1]
    for block in source.blocks():
        if only_nats:
            out.nats[block.positions] = block.nats()
        else:
            out[block.positions] = _measures(block.logits, block.targets, top, ends)
        yield len(block.targets)


def _measures(logits: Floats, targets: Ids, top: int, ends: Ids | None) -> Measures:
    log_z, exp, z = _partition(logits)
    own = _at(logits, targets)
    # H = ln Z - sum p l. The logits are centred by _partition, so that the product stays exact.
    entropy = log_z - np.einsum("tv,tv->t", exp, logits) / z
    ids = likeliest(logits, top)
    return Measures(
        log_z - own,
        1 + np.count_nonzero(logits > own[:, None], 1),
        entropy,
        _boundary(logits, log_z, targets, ends),
        ids,
        log_z[:, None] - np.take_along_axis(logits, ids, 1),
    )


def _partition(logits: Floats) -> tuple[Float64s, Floats, Float64s]:
    """Returns ln Z (T,), exp(logits) (T, V) and Z (T,); shifts the logits in place to max 0."""
    logits -= logits.max(1, keepdims=True, initial=-np.inf)
    exp = np.exp(logits)
    z = exp.sum(1, dtype=np.float64)
    return np.log(z), exp, z


def _boundary(logits: Floats, log_z: Float64s, targets: Ids, ends: Ids | None) -> Float64s:
    """Returns -ln P (T,) of all tokens that end a word, together, where the target is one."""
    boundary = np.full(len(targets), np.nan)
    if ends is not None and len(rows := np.flatnonzero(np.isin(targets, ends))):
        part = logits[np.ix_(rows, ends)]
        highest = part.max(1)
        boundary[rows] = np.maximum(log_z[rows] - highest - _partition(part)[0], 0)
    return boundary


def _at(logits: Floats, targets: Ids) -> Floats:
    chosen: Floats = logits[np.arange(len(targets)), targets]
    return chosen


def likeliest(logits: Floats, count: int) -> Integers:
    """Returns the ids (T, count) of the greatest logits (T, V) at each position, greatest first."""
    count = min(count, logits.shape[1])
    if not count:
        return np.empty((len(logits), 0), np.intp)
    ids = np.argpartition(-logits, count - 1, 1)[:, :count]
    order = np.argsort(-np.take_along_axis(logits, ids, 1), 1, kind="stable")
    return np.take_along_axis(ids, order, 1)
