"""A text under a model: its tokens' surprisals and what they add up to, as records."""

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
from rnnrepl.scoring.columns import Columns
from rnnrepl.scoring.reader import Reader
from rnnrepl.scoring.surprisal import Measures, Reading, Source, fill, fill_all
from rnnrepl.tokenizer import Ids, Tokenizer

# What is read ahead at most: texts, and numbers kept of their tokens.
AHEAD = 2048
KEPT = 1 << 19


class _Text(NamedTuple):
    """A text and its tokens: their ids, and where each starts and ends, (T,)."""

    text: str
    ids: Ids
    starts: Ids
    ends: Ids


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores texts on one set of conventions; both ways raise RnnreplError for what no token fits.

    With `eos` the end token closes each text, where the tokenizer has one and the text does not end
    with it anyway. `model` and `start` are named in the records.
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

    def apart(
        self, texts: Iterable[str], context: Context, most: int
    ) -> Iterator[Score | Progress]:
        """The score of each text, each read from the same context.

        Texts are scored side by side: the first alone, then ever more, `most` at the most.
        """
        meter = _Meter()
        for beside in _beside(map(self._encode, texts), most, KEPT // (3 + self.top)):
            ids = [one.ids for one in beside]
            found, start = self._blank(sum(map(len, ids))), 0
            yield from meter.of(beside, fill_all(found, self.network, ids, context))
            for one in beside:
                end = start + len(one.ids)
                yield self._score(one, found[start:end], carry=False)
                start = end

    def carried(self, texts: Iterable[str], context: Context) -> Iterator[Score | Progress]:
        """The score of each text, each read from where the one before ended."""
        meter = _Meter()
        for one in map(self._encode, texts):
            source, found = Reading(self.network, [one.ids], context), self._blank(len(one.ids))
            yield from meter.of([one], fill(found, source))
            yield self._score(one, found, carry=True)
            context = source.after(0)

    def adapted(
        self, texts: Iterable[str], context: Context, plain: Context, reader: Reader, *, carry: bool
    ) -> Iterator[Score | Progress]:
        """The score of each text by a reader that takes something from it, and its total without.

        The reader stands at `context`, its network at `plain`. Without `carry` each text begins
        there anew.
        """
        meter = _Meter(passes=2)
        begin = context, plain
        for one in map(self._encode, texts):
            sources: list[Source] = [
                reader.read(one.ids, context),
                Reading(self.network, [one.ids], plain),
            ]
            found, without = self._blank(len(one.ids)), self._blank(len(one.ids))
            yield from meter.of([one], chain(*map(fill, (found, without), sources)))
            score = self._score(one, found, carry=carry)
            yield _beside_plain(score, float(without.nats.sum()), reader)
            if carry:
                context, plain = (source.after(0) for source in sources)
            else:
                reader.forget()
                context, plain = begin

    def _blank(self, tokens: int) -> Measures:
        return Measures.blank(tokens, min(self.top, self.network.config.vocabulary))

    def _encode(self, text: str) -> _Text:
        # Narrow at once: lists of numbers would take ten times the room.
        ids, *edges = (np.asarray(part, np.int32) for part in self.tokenizer.encode(text))
        eos = self.tokenizer.eos if self.eos else None
        if eos is not None and (not len(ids) or ids[-1] != eos):
            ids, *edges = np.append(ids, eos), *(np.append(edge, len(text)) for edge in edges)
        return _Text(text, ids, *edges)

    def _score(self, one: _Text, found: Measures, *, carry: bool) -> Score:
        text, ids = one.text, one.ids
        unknown = ids == (-1 if self.tokenizer.unk is None else self.tokenizer.unk)
        nats, words = float(found.nats.sum()), len(text.split())
        return Score(
            text=text,
            model=self.model,
            unit=self.unit,
            start=self.start,
            eos=bool(self.eos and len(ids) and ids[-1] == self.tokenizer.eos),
            carry=carry,
            tokens=Columns(
                text,
                (one.ids, one.starts, one.ends),
                found,
                names=self.tokenizer.tokens,
                unk=self.tokenizer.unk,
                unit=self.unit,
            ),
            total=nats / NATS[self.unit],
            count=len(ids),
            unk=int(unknown.sum()),
            perplexity=perplexity(nats, len(ids)),
            perplexity_without_unk=perplexity(
                float(found.nats[~unknown].sum()), int((~unknown).sum())
            ),
            bits_per_char=_ratio(nats / NATS["bits"], len(text)),
            bits_per_byte=_ratio(nats / NATS["bits"], size(text)),
            words=words,
            perplexity_per_word=perplexity(nats, words),
        )


@dataclass
class _Meter:
    """Says how many bytes of texts are done, each with the line break after it."""

    passes: int = 1  # how often each token is read
    done: int = 0

    def of(self, texts: Sequence[_Text], counts: Iterable[int]) -> Iterator[Progress]:
        """While tokens of these are read, again and again some of them."""
        whole = sum(size(one.text) + 1 for one in texts)
        tokens, read = self.passes * sum(len(one.ids) for one in texts), 0
        for count in counts:
            read += count
            yield Progress(self.done + whole * read // tokens)
        self.done += whole


def _beside(texts: Iterable[_Text], most: int, room: int) -> Iterator[list[_Text]]:
    """Texts in lists: 1, 16, 256 ... `most` of them, but fewer if they have `room` tokens.

    What comes before an error is given before it.
    """
    held: list[_Text] = []
    tokens, size = 0, 1
    try:
        for one in texts:
            held.append(one)
            tokens += len(one.ids)
            if len(held) >= size or tokens >= room:
                yield held
                held, tokens, size = [], 0, min(16 * size, most)
    except RnnreplError:
        if held:
            yield held
        raise
    if held:
        yield held


def _beside_plain(score: Score, nats: float, reader: Reader) -> Score:
    return replace(
        score,
        cache=reader.cache.settings if reader.cache else None,
        adapt=reader.adapt.settings if reader.adapt else None,
        total_before=nats / NATS[score.unit],
        perplexity_before=perplexity(nats, score.count),
    )


def perplexity(nats: float, count: int) -> float | None:
    """exp(nats / count); None where that divides by nothing."""
    try:
        return exp(nats / count) if count else None
    except OverflowError:  # a word of a thousand characters
        return inf


def _ratio(total: float, count: int) -> float | None:
    return total / count if count else None


def size(text: str) -> int:
    """The bytes of a text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))
