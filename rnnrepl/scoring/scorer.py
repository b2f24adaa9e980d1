"""Scores of texts: the surprisal of each token and the figures of each text, as records."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import exp, inf

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import split_lines, with_last
from rnnrepl.files.progress import Progress
from rnnrepl.results.fields import NATS, Unit
from rnnrepl.results.scores import Score
from rnnrepl.rnn.network import Context, Ids, Network
from rnnrepl.scoring.adaptive_reader import AdaptiveReader
from rnnrepl.scoring.columns import Columns
from rnnrepl.scoring.encoded import EncodedText
from rnnrepl.scoring.measures import Measures
from rnnrepl.scoring.surprisal import BatchedReading, LogitSource, fill, fill_all
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.tokenizer.composition import as_read, normalised

# Numbers kept for the tokens of texts that are read ahead, and again for those of recent texts.
KEPT = 1 << 19


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores texts under a network.

    With `eos` the end token is appended to each text, if the tokenizer has one and the text does
    not end with it. `top` is the number of alternatives per token. `model` and `start` are only
    copied into the records. With `only_nats` tokens have no other figures than their surprisal.
    `ends` are the ids of the tokens that end a word, as `word_ends` gives them. `place` names line
    n, from 1, in error messages. Every method yields each score after its progress in bytes, and
    raises RnnreplError for a text that the tokenizer refuses.

    With `lines` the texts are those that `whole_lines` gives, parts of one text. Each line then has
    a score, which includes its line break, and the end token follows the last part only, as in
    `evaluate`.
    """

    network: Network
    tokenizer: Tokenizer
    model: str
    start: str
    unit: Unit = "bits"
    top: int = 0
    eos: bool = True
    place: Callable[[int], str] | None = None
    only_nats: bool = False
    ends: Ids | None = None

    def independent(
        self, texts: Iterable[str], context: Context, ahead: int
    ) -> Iterator[Score | Progress]:
        """Scores each text from the same context.

        Texts are scored in batches: the first alone, then growing up to `ahead` texts. The last
        bits of a matrix product depend on its size and on the row, and so on the other texts of the
        batch. So texts with the same ids are read once: their scores are equal.
        """
        meter, room = _Meter(), KEPT // (4 + self.top)
        recent: dict[bytes, Measures] = {}
        for batch in _batches(self._parts(texts, False), ahead, room):
            closed = [self._closed(text) for text in batch]
            keys = [ids.tobytes() for ids in closed]
            unread = dict(zip(keys, closed, strict=True))
            for key in recent.keys() & unread.keys():
                del unread[key]
                recent[key] = recent.pop(key)  # the last to be dropped
            measures, start = self._empty(sum(map(len, unread.values()))), 0
            counts = fill_all(
                measures,
                self.network,
                list(unread.values()),
                context,
                only_nats=self.only_nats,
                ends=self.ends,
            )
            yield from meter.of(batch, counts, len(measures))
            for key in unread:
                end = start + len(unread[key])
                recent[key], start = measures[start:end].copy(), end
            for key, text in zip(keys, batch, strict=True):
                yield self._score(text, recent[key], carry=False)
            _drop_oldest(recent, room)

    def carried(
        self, texts: Iterable[str], context: Context, *, lines: bool = False
    ) -> Iterator[Score | Progress]:
        """Scores each text from the context in which the previous text ended."""
        meter = _Meter(line_break=not lines)
        for text in self._parts(texts, lines):
            source = BatchedReading(self.network, [text.ids], context)
            measures = self._empty(len(text.ids))
            yield from meter.of([text], fill(measures, source, ends=self.ends), len(measures))
            for own, part in text.lines() if lines else [(slice(None), text)]:
                yield self._score(part, measures[own], carry=True)
            context = source.after(0)

    def adapted(
        self,
        texts: Iterable[str],
        context: Context,
        plain: Context,
        reader: AdaptiveReader,
        *,
        carry: bool,
        carry_weights: bool = False,
        lines: bool = False,
    ) -> Iterator[Score | Progress]:
        """Scores each text with an adaptive reader, and its total without adaptation.

        `context` is where the reader begins, `plain` where the unadapted network does. Without
        `carry` every text begins there, with the reader reset; with `carry_weights` the reader
        keeps its weights.
        """
        meter = _Meter(line_break=not lines)
        begin = context, plain
        for number, text in enumerate(self._parts(texts, lines)):
            if number and not carry:
                reader.reset(weights=not carry_weights)
                context, plain = begin
            sources: list[LogitSource] = [
                reader.read(text.ids, context),
                BatchedReading(self.network, [text.ids], plain),
            ]
            adapted, unadapted = self._empty(len(text.ids)), self._empty(len(text.ids))
            counts = chain(fill(adapted, sources[0], ends=self.ends), fill(unadapted, sources[1]))
            yield from meter.of([text], counts, 2 * len(adapted))
            for own, part in text.lines() if lines else [(slice(None), text)]:
                before = unadapted[own]
                score = self._score(part, adapted[own], carry=carry)
                score = replace(score, carry_weights=carry_weights or None)
                yield _with_baseline(score, float(before.nats[before.scored].sum()), reader)
            context, plain = (source.after(0) for source in sources)

    def _empty(self, tokens: int) -> Measures:
        return Measures.empty(tokens, min(self.top, self.network.config.vocabulary))

    def _parts(self, texts: Iterable[str], whole: bool) -> Iterator[EncodedText]:
        """Encodes texts; of the parts of a whole text only the last gets an end token."""
        if not whole:
            return self._encoded((text, self.eos) for text in texts)
        if self.eos and self.tokenizer.eos is not None:
            return self._encoded(with_last(texts), whole=True)
        return self._encoded(((text, False) for text in texts), whole=True)

    def _encoded(
        self, texts: Iterable[tuple[str, bool]], *, whole: bool = False
    ) -> Iterator[EncodedText]:
        """Encodes texts, each given with whether the end token follows it."""
        number = 1  # of the first line of the text
        for text, eos in texts:
            try:
                encoded = EncodedText.of(text, self.tokenizer, eos=eos)
            except RnnreplError as error:
                if self.place is None:
                    raise
                bad = number + self._first_refused(split_lines(text)) if whole else number
                raise error.at(self.place(bad)) from error
            yield encoded
            number += len(split_lines(text)) if whole else 1

    def _first_refused(self, texts: Sequence[str]) -> int:
        """The index of the first text that the tokenizer refuses; 0 if it refuses none alone."""
        for number, text in enumerate(texts):
            try:
                self.tokenizer.encode(text)
            except RnnreplError:
                return number
        return 0

    def _closed(self, encoded: EncodedText) -> Ids:
        """The ids of a text, with one more that ends the last word, if no token of it does."""
        text, ids, _, ends = encoded
        if self.ends is None or not len(ids) or (self.eos and ids[-1] == self.tokenizer.eos):
            return ids
        return ids if text[ends[-1] - 1].isspace() else np.append(ids, self.ends[0])

    def _score(self, encoded: EncodedText, measures: Measures, *, carry: bool) -> Score:
        """The score of a text; measures of more tokens than it has are of the end of its word."""
        text, ids, starts, ends = encoded
        closing = measures[len(ids) :].boundary.tolist()
        measures = measures[: len(ids)]
        unknown = ids == (-1 if self.tokenizer.unk is None else self.tokenizer.unk)
        scored = measures.scored
        nats, words = float(measures.nats[scored].sum()), len(text.split())
        count, known = int(scored.sum()), scored & ~unknown
        read = as_read(text, form := normalised(self.tokenizer, text))
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
                eos=self.tokenizer.eos if self.eos else None,
                unit=self.unit,
            ),
            total=nats / NATS[self.unit],
            count=count,
            unk=int(unknown.sum()),
            perplexity=perplexity(nats, count),
            perplexity_without_unk=perplexity(float(measures.nats[known].sum()), int(known.sum())),
            bits_per_char=_ratio(nats / NATS["bits"], len(read)),
            bits_per_byte=_ratio(nats / NATS["bits"], size(read)),
            words=words,
            perplexity_per_word=perplexity(nats, words),
            normalised=form,
            closing=closing[0] / NATS[self.unit] if closing else None,
        )


@dataclass
class _Meter:
    """Counts the bytes of the texts that are done, each by default with a line break after it."""

    line_break: bool = True
    done: int = 0

    def of(
        self, texts: Sequence[EncodedText], counts: Iterable[int], tokens: int
    ) -> Iterator[Progress]:
        """Turns counts of tokens read, in all `tokens` for these texts, into progress."""
        whole, read = sum(size(text.text) + self.line_break for text in texts), 0
        for count in counts:
            read += count
            yield Progress(self.done + whole * read // tokens)
        self.done += whole


def _batches(texts: Iterable[EncodedText], most: int, room: int) -> Iterator[list[EncodedText]]:
    """Yields 1, 16, 256, ..., `most` texts at a time; a batch ends early once it has `room` tokens.

    The texts before an error are yielded before it is raised.
    """
    batch: list[EncodedText] = []
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


def _drop_oldest(measures: dict[bytes, Measures], room: int) -> None:
    """Drops the first measures until at most `room` tokens are left."""
    tokens = sum(map(len, measures.values()))
    while tokens > room:
        tokens -= len(measures.pop(next(iter(measures))))


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
