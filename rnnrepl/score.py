"""A text under a model: its tokens' surprisals and what they add up to, as records."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import exp, inf
from typing import NamedTuple

import numpy as np

from rnnrepl.columns import Columns
from rnnrepl.errors import RnnreplError, not_among, usage
from rnnrepl.reader import Reader
from rnnrepl.results import NATS, Score, Unit
from rnnrepl.rnn.network import Context, Ids, Network
from rnnrepl.surprisal import Measures, measure, measure_all, measured, surprisals
from rnnrepl.tokenizer import Encoding, Tokenizer

# What is read ahead at most: texts, and numbers kept of their tokens.
AHEAD = 1024
KEPT = 1 << 18


class _Text(NamedTuple):
    text: str
    encoding: Encoding
    ids: Ids


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
            raise not_among("unit", self.unit, NATS)
        if self.top < 0:
            raise usage(f"top is 0 or more, not {self.top}.")

    def apart(self, texts: Iterable[str], context: Context, most: int) -> Iterator[Score]:
        """The score of each text, each read from the same context.

        Texts are scored side by side: the first alone, then ever more, `most` at the most.
        """
        for beside in _beside(map(self._encode, texts), most, KEPT // (3 + self.top)):
            measures = measure_all(self.network, [one.ids for one in beside], context, top=self.top)
            for one, found in zip(beside, measures, strict=True):
                yield self._score(one, found, carry=False)

    def carried(self, texts: Iterable[str], context: Context) -> Iterator[Score]:
        """The score of each text, each read from where the one before ended."""
        for one in map(self._encode, texts):
            found, context = measure(self.network, one.ids, context, top=self.top)
            yield self._score(one, found, carry=True)

    def adapted(
        self, texts: Iterable[str], context: Context, plain: Context, reader: Reader, *, carry: bool
    ) -> Iterator[Score]:
        """The score of each text by a reader that takes something from it, and its total without.

        The reader stands at `context`, its network at `plain`. Without `carry` each text begins
        there anew.
        """
        begin = context, plain
        for one in map(self._encode, texts):
            source = reader.read(one.ids, context)
            found = measured(source, len(one.ids), self.top)
            nats, plain = surprisals(self.network, one.ids, plain)
            yield _beside_plain(self._score(one, found, carry=carry), float(nats.sum()), reader)
            if carry:
                context = source.after(0)
            else:
                reader.forget()
                context, plain = begin

    def _encode(self, text: str) -> _Text:
        encoding = self.tokenizer.encode(text)
        if self.eos:
            encoding = _closed(encoding, self.tokenizer.eos, len(text))
        return _Text(text, encoding, np.asarray(encoding.ids, np.int64))

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
                one.encoding,
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


def _beside(texts: Iterable[_Text], most: int, room: int) -> Iterator[list[_Text]]:
    """Texts in lists: one, four, sixteen ... `most` of them, but fewer if they have `room` tokens.

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
                held, tokens, size = [], 0, min(4 * size, most)
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


def _closed(encoding: Encoding, eos: int | None, length: int) -> Encoding:
    ids, starts, ends = encoding
    if eos is None or (len(ids) and ids[-1] == eos):
        return encoding
    return Encoding([*ids, eos], [*starts, length], [*ends, length])


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
