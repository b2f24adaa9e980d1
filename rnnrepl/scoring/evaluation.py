"""One set of figures for a whole text, whose state is carried from end to end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp
from time import perf_counter

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import whole_lines
from rnnrepl.files.progress import Progress
from rnnrepl.results import NATS, Evaluation
from rnnrepl.rnn.network import Context, Ids
from rnnrepl.scoring.adaptation import Cache
from rnnrepl.scoring.cache import Recall
from rnnrepl.scoring.reader import DivergedError, Reader
from rnnrepl.scoring.scorer import perplexity, size
from rnnrepl.tokenizer import Tokenizer


class Trial:
    """A text read in one way, and what it costs so far: without a cache, and with each of some."""

    def __init__(self, reader: Reader, context: Context, caches: Sequence[Cache] = ()) -> None:
        self.adapt = reader.adapt
        self.nats = 0.0
        self.context = context
        self._reader = reader
        self._recall = Recall(caches) if caches else None

    def read(self, ids: Ids) -> Iterator[int]:
        """Goes on with the text; yields how many tokens were read, again and again.

        Raises DivergedError as `Reader` does.
        """
        source = self._reader.read(ids, self.context)
        for block in source.blocks():
            nats = block.nats()
            self.nats += float(nats.sum())
            if self._recall:
                self._recall.add(block, nats)
            yield len(nats)
        self.context = source.after(0)

    def best(self) -> tuple[Cache | None, float]:
        """The cache with which the text is likeliest, if there are any, and -ln P with it."""
        return self._recall.best() if self._recall else (None, self.nats)


@dataclass
class _Tally:
    """What a text has of everything."""

    tokens: int = 0
    chars: int = 0
    bytes: int = 0
    unk: int = 0
    words: int = 0


def evaluate(
    trials: Sequence[Trial], tokenizer: Tokenizer, texts: Iterable[str], *, model: str
) -> Iterator[Progress | Evaluation]:
    """The figures of one text, given in pieces cut anywhere; on the way, how much of it is read.

    They are those of the trial that finds the text likeliest. The first trial is the model as it
    is: where there are others it does not compete, but its figure stands beside theirs.

    A text that does not end with the end token gets one, where the tokenizer has it. Raises
    RnnreplError where there is nothing to evaluate, and where all that learn have diverged.
    """
    began, tally, running = perf_counter(), _Tally(), list(trials)
    for text in whole_lines(texts):
        ids, length = tokenizer.ids(text), size(text)
        for share in _read(running, ids):
            yield Progress(tally.bytes + int(length * share))
        tally.tokens += len(ids)
        tally.chars += len(text)
        tally.bytes += length
        tally.unk += 0 if tokenizer.unk is None else int((ids == tokenizer.unk).sum())
        tally.words += len(text.split())
    if tally.tokens and tokenizer.eos not in (None, trials[0].context.id):
        for _ in _read(running, np.array([tokenizer.eos])):
            pass
        tally.tokens += 1
    if not tally.tokens:
        raise RnnreplError("There is no text to evaluate.")
    yield _figures(running, tally, model, perf_counter() - began)


def _read(running: list[Trial], ids: Ids) -> Iterator[float]:
    """Lets every trial go on, and yields the share that is done; those that diverge leave.

    Raises DivergedError where only the model as it is would be left.
    """
    done, whole = 0, len(ids) * len(running)
    for trial in list(running):
        try:
            for count in trial.read(ids):
                done += count
                yield done / whole
        except DivergedError:
            running.remove(trial)
            if len(running) == 1:
                raise


def _figures(trials: Sequence[Trial], tally: _Tally, model: str, seconds: float) -> Evaluation:
    best = min(trials[1:] or trials, key=lambda trial: trial.best()[1])
    cache, nats = best.best()
    return Evaluation(
        model=model,
        tokens=tally.tokens,
        chars=tally.chars,
        bytes=tally.bytes,
        unk=tally.unk,
        nats=nats,
        nats_per_token=nats / tally.tokens,
        perplexity=exp(nats / tally.tokens),
        bits_per_char=nats / NATS["bits"] / tally.chars,
        bits_per_byte=nats / NATS["bits"] / tally.bytes,
        words=tally.words,
        perplexity_per_word=perplexity(nats, tally.words),
        seconds=seconds,
        cache=cache.settings if cache else None,
        adapt=best.adapt.settings if best.adapt else None,
        perplexity_before=exp(trials[0].nats / tally.tokens) if cache or best.adapt else None,
    )
