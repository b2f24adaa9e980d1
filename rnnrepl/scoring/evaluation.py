"""Figures of a whole text, read with the state carried from beginning to end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Protocol

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import whole_lines, with_last
from rnnrepl.files.progress import Progress
from rnnrepl.results.fields import NATS
from rnnrepl.results.scores import Evaluation
from rnnrepl.rnn.network import Context, Float64s, Ids, Network
from rnnrepl.scoring.adaptation import Cache
from rnnrepl.scoring.adaptive_reader import AdaptiveReader, DivergedError
from rnnrepl.scoring.cache import CacheGrid, split
from rnnrepl.scoring.scorer import perplexity, size
from rnnrepl.scoring.spelling import Speller
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.tokenizer.composition import as_read, normalised


class EvaluatedModel(Protocol):
    """The part of `rnnrepl.Model` that is evaluated."""

    name: str
    network: Network
    tokenizer: Tokenizer

    def begin(self) -> Context:
        """Returns the context at the start of a text."""
        ...


class EvaluationRun:
    """One pass over a text: `nats` (2,) are -ln P of its `tokens` so far, without a cache.

    The first number is that of all tokens, the second that of the `unknown` ones, with the id
    `unk`. -ln P with each of `caches` is accumulated beside it. `context` is where the text begins,
    later the context after what has been read.
    """

    def __init__(
        self, reader: AdaptiveReader, context: Context, caches: Sequence[Cache], unk: int
    ) -> None:
        self.adapt = reader.adapt
        self.nats = np.zeros(2)
        self.tokens = self.unknown = 0
        self.context = context
        self._reader, self._unk = reader, unk
        self._grid = CacheGrid(caches, unk) if caches else None

    def read(self, ids: Ids) -> Iterator[int]:
        """Continues the text with ids (T,); yields the number of tokens of each block.

        Raises DivergedError as `AdaptiveReader` does.
        """
        source = self._reader.read(ids, self.context)
        for block in source.blocks():
            nats = block.nats()
            self.nats += split(nats, block.targets, self._unk)
            self.tokens += len(nats)
            self.unknown += int((block.targets == self._unk).sum())
            if self._grid:
                self._grid.add(block, nats)
            yield len(nats)
        self.context = source.after(0)

    def best(self) -> tuple[Cache | None, Float64s]:
        """Returns the cache under which the text is most likely, if any, and -ln P (2,) with it."""
        return self._grid.best() if self._grid else (None, self.nats)


@dataclass
class _Tally:
    """The counts of a text so far."""

    chars: int = 0  # as the model reads them, like the bytes
    bytes: int = 0
    unk: int = 0
    words: int = 0
    spelling: float = 0.0  # nats


def evaluate(
    model: EvaluatedModel,
    readers: Sequence[AdaptiveReader],
    texts: Iterable[str],
    caches: Sequence[Cache] = (),
    speller: Speller | None = None,
) -> Iterator[Progress | Evaluation]:
    """Yields progress in bytes, then the figures of one text, given in pieces cut anywhere.

    The first reader is the model without dynamic evaluation: it is the baseline,
    `perplexity_before`, and the figures are those of the best of the other readers, if there are
    any, and of the best cache. The end token is appended if the tokenizer has one and the text does
    not end with it. A speller charges unknown tokens in figures of their own. Raises RnnreplError
    for a text without tokens, and DivergedError if all readers but the first have diverged.
    """
    tokenizer, begin, tally, began = model.tokenizer, model.begin(), _Tally(), perf_counter()
    done = 0  # bytes of the texts as typed
    unk = -1 if tokenizer.unk is None else tokenizer.unk
    runs = [EvaluationRun(reader, begin, caches, unk) for reader in readers[1:]]
    running = [EvaluationRun(readers[0], begin, () if runs else caches, unk), *runs]
    for text, last in with_last(whole_lines(texts)):
        ids, length = tokenizer.ids(text), size(text)
        if last and tokenizer.eos is not None and (not len(ids) or ids[-1] != tokenizer.eos):
            ids = np.append(ids, tokenizer.eos)
        for share in _read(running, ids):
            yield Progress(done + int(length * share))
        unknown = np.flatnonzero(ids == unk)
        done += length
        read = as_read(text, normalised(tokenizer, text))
        tally.chars += len(read)
        tally.bytes += size(read)
        tally.unk += len(unknown)
        tally.words += len(text.split())
        if speller and len(unknown):
            _, starts, ends = tokenizer.encode(text)
            words = [text[starts[t] : ends[t]] for t in unknown.tolist()]
            tally.spelling += speller.nats(words)
    if not running[0].tokens:
        raise RnnreplError("There is no text to evaluate.")
    yield _figures(model, running, tally, speller, perf_counter() - began)


def _read(running: list[EvaluationRun], ids: Ids) -> Iterator[float]:
    """Continues every run; yields the share that is done. Diverged runs are removed.

    Raises DivergedError if only the baseline would be left.
    """
    done, whole = 0, len(ids) * len(running)
    for run in list(running):
        try:
            for count in run.read(ids):
                done += count
                yield done / whole
        except DivergedError:
            running.remove(run)
            if len(running) == 1:
                raise


def _figures(
    model: EvaluatedModel,
    runs: Sequence[EvaluationRun],
    tally: _Tally,
    speller: Speller | None,
    seconds: float,
) -> Evaluation:
    best, tokens = min(runs[1:] or runs, key=lambda run: float(run.best()[1][0])), runs[0].tokens
    cache, sums = best.best()
    nats, unknown = sums.tolist()
    before = perplexity(float(runs[0].nats[0]), tokens)
    spelled = nats + tally.spelling if speller else None
    return Evaluation(
        model=model.name,
        tokens=tokens,
        chars=tally.chars,
        bytes=tally.bytes,
        unk=tally.unk,
        nats=nats,
        nats_per_token=nats / tokens,
        perplexity=perplexity(nats, tokens) or inf,
        perplexity_without_unk=perplexity(nats - unknown, tokens - best.unknown),
        bits_per_char=nats / NATS["bits"] / tally.chars,
        bits_per_byte=nats / NATS["bits"] / tally.bytes,
        words=tally.words,
        perplexity_per_word=perplexity(nats, tally.words),
        seconds=seconds,
        parameters=model.network.config.parameters,
        spell=speller.model.name if speller else None,
        spelled_nats=spelled,
        spelled_bits_per_char=None if spelled is None else spelled / NATS["bits"] / tally.chars,
        cache=cache.settings if cache else None,
        adapt=best.adapt.settings if best.adapt else None,
        perplexity_before=before if cache or best.adapt else None,
    )
