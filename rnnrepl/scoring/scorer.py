"""Scores of texts: the surprisal of each token and the figures of each text, as records."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import exp, inf
from typing import NamedTuple

import numpy as np

from rnnrepl.errors import RnnreplError, not_among, usage
from rnnrepl.files.progress import Progress
from rnnrepl.results import NATS, Score, Unit
from rnnrepl.rnn.network import Context, Network
from rnnrepl.scoring.adaptive_reader import AdaptiveReader
from rnnrepl.scoring.columns import Columns
from rnnrepl.scoring.surprisal import BatchedReading, LogitSource, Measures, fill, fill_all
from rnnrepl.tokenizer import Ids, Tokenizer

KEPT = 1 << 19  # numbers kept for the tokens of texts that are read ahead


class _Text(NamedTuple):
    """A text and its tokens: ids, starts and ends, each (T,)."""

    text: str
    ids: Ids
    starts: Ids
    ends: Ids


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores texts under a network.

    With `eos` the end token is appended to each text, if the tokenizer has one and the text does
    not end with it. `top` is the number of alternatives per token. `model` and `start` are only
    copied into the records. Every method yields each score after its progress in bytes, and raises
    RnnreplError for a text that the tokenizer refuses.
    """

    network: Network
    tokenizer: Tokenizer
    model: str
    start: str
    unit: Unit = "bits"
    top: int = 0
    eos: bool = True

    def __post_init__(self) -> None:
        if self.unit not in NATS:
            raise not_among("`unit`", self.unit, NATS)
        if self.top < 0:
            raise usage(f"`top` must be at least 0, not {self.top}.")

    def independent(
        self, texts: Iterable[str], context: Context, ahead: int
    ) -> Iterator[Score | Progress]:
        """Scores each text from the same context.

        Texts are scored in batches: the first alone, then growing up to `ahead` texts.
        """
        meter = _Meter()
        for batch in _batches(map(self._encode, texts), ahead, KEPT // (3 + self.top)):
            ids = [text.ids for text in batch]
            measures, start = self._empty(sum(map(len, ids))), 0
            yield from meter.of(batch, fill_all(measures, self.network, ids, context))
            for text in batch:
                end = start + len(text.ids)
                yield self._score(text, measures[start:end], carry=False)
                start = end

    def carried(self, texts: Iterable[str], context: Context) -> Iterator[Score | Progress]:
        """Scores each text from the context in which the previous text ended."""
        meter = _Meter()
        for text in map(self._encode, texts):
            source = BatchedReading(self.network, [text.ids], context)
            measures = self._empty(len(text.ids))
            yield from meter.of([text], fill(measures, source))
            yield self._score(text, measures, carry=True)
            context = source.after(0)

    def adapted(
        self,
        texts: Iterable[str],
        context: Context,
        plain: Context,
        reader: AdaptiveReader,
        *,
        carry: bool,
    ) -> Iterator[Score | Progress]:
        """Scores each text with an adaptive reader, and its total without adaptation.

        `context` is where the reader begins, `plain` where the unadapted network does. Without
        `carry` every text begins there, with the reader reset.
        """
        meter = _Meter(passes=2)
        begin = context, plain
        for text in map(self._encode, texts):
            sources: list[LogitSource] = [
                reader.read(text.ids, context),
                BatchedReading(self.network, [text.ids], plain),
            ]
            adapted, unadapted = self._empty(len(text.ids)), self._empty(len(text.ids))
            yield from meter.of([text], chain(*map(fill, (adapted, unadapted), sources)))
            score = self._score(text, adapted, carry=carry)
            yield _with_baseline(score, float(unadapted.nats[unadapted.scored].sum()), reader)
            if carry:
                context, plain = (source.after(0) for source in sources)
            else:
                reader.reset()
                context, plain = begin

    def _empty(self, tokens: int) -> Measures:
        return Measures.empty(tokens, min(self.top, self.network.config.vocabulary))

    def _encode(self, text: str) -> _Text:
        # int32 arrays at once: lists of numbers would take ten times the memory.
        ids, *edges = (np.asarray(part, np.int32) for part in self.tokenizer.encode(text))
        eos = self.tokenizer.eos if self.eos else None
        if eos is not None and (not len(ids) or ids[-1] != eos):
            ids, *edges = np.append(ids, eos), *(np.append(edge, len(text)) for edge in edges)
        return _Text(text, ids, *edges)

    def _score(self, encoded: _Text, measures: Measures, *, carry: bool) -> Score:
        text, ids, starts, ends = encoded
        unknown = ids == (-1 if self.tokenizer.unk is None else self.tokenizer.unk)
        scored = measures.scored
        nats, words = float(measures.nats[scored].sum()), len(text.split())
        count, known = int(scored.sum()), scored & ~unknown
        return Score(
            text=text,
            model=self.model,
            unit=self.unit,
            start=self.start,
            eos=bool(self.eos and len(ids) and ids[-1] == self.tokenizer.eos),
            carry=carry,
            tokens=Columns(
                text,
                (ids, starts, ends),
                measures,
                names=self.tokenizer.tokens,
                unk=self.tokenizer.unk,
                unit=self.unit,
            ),
            total=nats / NATS[self.unit],
            count=count,
            unk=int(unknown.sum()),
            perplexity=perplexity(nats, count),
            perplexity_without_unk=perplexity(float(measures.nats[known].sum()), int(known.sum())),
            bits_per_char=_ratio(nats / NATS["bits"], len(text)),
            bits_per_byte=_ratio(nats / NATS["bits"], size(text)),
            words=words,
            perplexity_per_word=perplexity(nats, words),
        )


@dataclass
class _Meter:
    """Counts the bytes of the texts that are done, each with the line break after it."""

    passes: int = 1  # number of times that each token is read
    done: int = 0

    def of(self, texts: Sequence[_Text], counts: Iterable[int]) -> Iterator[Progress]:
        """Turns counts of tokens read, those of `texts`, into progress."""
        whole = sum(size(text.text) + 1 for text in texts)
        tokens, read = self.passes * sum(len(text.ids) for text in texts), 0
        for count in counts:
            read += count
            yield Progress(self.done + whole * read // tokens)
        self.done += whole


def _batches(texts: Iterable[_Text], most: int, room: int) -> Iterator[list[_Text]]:
    """Yields 1, 16, 256, ..., `most` texts at a time; a batch ends early once it has `room` tokens.

    The texts before an error are yielded before it is raised.
    """
    batch: list[_Text] = []
    tokens, size = 0, 1
    try:
        for text in texts:
            batch.append(text)
            tokens += len(text.ids)
            if len(batch) >= size or tokens >= room:
                yield batch
                batch, tokens, size = [], 0, min(16 * size, most)
    except RnnreplError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _with_baseline(score: Score, nats: float, reader: AdaptiveReader) -> Score:
    return replace(
        score,
        cache=reader.cache.settings if reader.cache else None,
        adapt=reader.adapt.settings if reader.adapt else None,
        total_before=nats / NATS[score.unit],
        perplexity_before=perplexity(nats, score.count),
    )


def perplexity(nats: float, count: int) -> float | None:
    """exp(nats / count); None for a count of 0, inf on overflow."""
    try:
        return exp(nats / count) if count else None
    except OverflowError:  # a word of a thousand characters
        return inf


def _ratio(total: float, count: int) -> float | None:
    return total / count if count else None


def size(text: str) -> int:
    """The length of a text in UTF-8 bytes."""
    return len(text.encode("utf-8", "surrogatepass"))
