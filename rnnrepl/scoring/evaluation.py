"""Figures of a whole text, read with the state carried from beginning to end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import whole_lines, with_last
from rnnrepl.files.progress import Progress
from rnnrepl.results import NATS, Evaluation
from rnnrepl.rnn.network import Context, Ids
from rnnrepl.scoring.adaptation import Cache
from rnnrepl.scoring.adaptive_reader import AdaptiveReader, DivergedError
from rnnrepl.scoring.cache import CacheGrid
from rnnrepl.scoring.scorer import perplexity, size
from rnnrepl.tokenizer import Tokenizer


class EvaluationRun:
    """One pass over a text: `nats` is -ln P of its `tokens` so far, without a cache.

    -ln P with each of `caches` is accumulated beside it. `context` is where the text begins, later
    the context after what has been read.
    """

    def __init__(
        self, reader: AdaptiveReader, context: Context, caches: Sequence[Cache] = ()
    ) -> None:
        self.adapt = reader.adapt
        self.nats = 0.0
        self.tokens = 0
        self.context = context
        self._reader = reader
        self._grid = CacheGrid(caches) if caches else None

    def read(self, ids: Ids) -> Iterator[int]:
        """Continues the text with ids (T,); yields the number of tokens of each block.

        Raises DivergedError as `AdaptiveReader` does.
        """
        source = self._reader.read(ids, self.context)
        for block in source.blocks():
            nats = block.nats()
            self.nats += float(nats.sum())
            self.tokens += len(nats)
            if self._grid:
                self._grid.add(block, nats)
            yield len(nats)
        self.context = source.after(0)

    def best(self) -> tuple[Cache | None, float]:
        """Returns the cache under which the text is most likely, if any, and -ln P with it."""
        return self._grid.best() if self._grid else (None, self.nats)


@dataclass
class _Tally:
    """The counts of a text so far."""

    tokens: int = 0
    chars: int = 0
    bytes: int = 0
    unk: int = 0
    words: int = 0


def evaluate(
    runs: Sequence[EvaluationRun], tokenizer: Tokenizer, texts: Iterable[str], *, model: str
) -> Iterator[Progress | Evaluation]:
    """Yields progress in bytes, then the figures of one text, given in pieces cut anywhere.

    The first run is the model without dynamic evaluation: it is the baseline, `perplexity_before`,
    and the figures are those of the best of the other runs, if there are any. The end token is
    appended if the tokenizer has one and the text does not end with it. Raises RnnreplError for a
    text without tokens, and DivergedError if all runs but the first have diverged.
    """
    began, tally, running = perf_counter(), _Tally(), list(runs)
    for text, last in with_last(whole_lines(texts)):
        ids, length = tokenizer.ids(text), size(text)
        if last and tokenizer.eos is not None and (not len(ids) or ids[-1] != tokenizer.eos):
            ids = np.append(ids, tokenizer.eos)
        for share in _read(running, ids):
            yield Progress(tally.bytes + int(length * share))
        tally.chars += len(text)
        tally.bytes += length
        tally.unk += 0 if tokenizer.unk is None else int((ids == tokenizer.unk).sum())
        tally.words += len(text.split())
    tally.tokens = runs[0].tokens
    if not tally.tokens:
        raise RnnreplError("There is no text to evaluate.")
    yield _figures(running, tally, model, perf_counter() - began)


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
    runs: Sequence[EvaluationRun], tally: _Tally, model: str, seconds: float
) -> Evaluation:
    best = min(runs[1:] or runs, key=lambda run: run.best()[1])
    cache, nats = best.best()
    return Evaluation(
        model=model,
        tokens=tally.tokens,
        chars=tally.chars,
        bytes=tally.bytes,
        unk=tally.unk,
        nats=nats,
        nats_per_token=nats / tally.tokens,
        perplexity=perplexity(nats, tally.tokens) or inf,
        bits_per_char=nats / NATS["bits"] / tally.chars,
        bits_per_byte=nats / NATS["bits"] / tally.bytes,
        words=tally.words,
        perplexity_per_word=perplexity(nats, tally.words),
        seconds=seconds,
        cache=cache.settings if cache else None,
        adapt=best.adapt.settings if best.adapt else None,
        perplexity_before=perplexity(runs[0].nats, tally.tokens) if cache or best.adapt else None,
    )
