"""A text under a model: its tokens' surprisals and what they add up to, as records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat
from math import exp, inf
from time import perf_counter
from typing import NamedTuple

import numpy as np

from rnnrepl.errors import RnnreplError, not_among, usage
from rnnrepl.pieces import whole_lines
from rnnrepl.results import NATS, Alternative, Evaluation, Score, TokenScore, Unit
from rnnrepl.rnn.network import Context, Ids, Network
from rnnrepl.surprisal import Float64s, Measures, measure, measure_all
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

    def _encode(self, text: str) -> _Text:
        encoding = self.tokenizer.encode(text)
        if self.eos:
            encoding = _closed(encoding, self.tokenizer.eos, len(text))
        return _Text(text, encoding, np.asarray(encoding.ids, np.int64))

    def _score(self, one: _Text, found: Measures, *, carry: bool) -> Score:
        text, _, ids = one
        unknown = ids == (-1 if self.tokenizer.unk is None else self.tokenizer.unk)
        nats, words = float(found.nats.sum()), len(text.split())
        return Score(
            text=text,
            model=self.model,
            unit=self.unit,
            start=self.start,
            eos=bool(self.eos and len(ids) and ids[-1] == self.tokenizer.eos),
            carry=carry,
            tokens=self._tokens(one, found, unknown.tolist()),
            total=nats / NATS[self.unit],
            count=len(ids),
            unk=int(unknown.sum()),
            perplexity=_perplexity(nats, len(ids)),
            perplexity_without_unk=_perplexity(
                float(found.nats[~unknown].sum()), int((~unknown).sum())
            ),
            bits_per_char=_ratio(nats / NATS["bits"], len(text)),
            bits_per_byte=_ratio(nats / NATS["bits"], _bytes(text)),
            words=words,
            perplexity_per_word=_perplexity(nats, words),
        )

    def _tokens(self, one: _Text, found: Measures, unk: list[bool]) -> tuple[TokenScore, ...]:
        size = NATS[self.unit]
        starts, ends = (np.asarray(places, np.int64).tolist() for places in one.encoding[1:])
        columns = (
            [one.text[start:end] for start, end in zip(starts, ends, strict=True)],
            starts,
            ends,
            one.ids.tolist(),
            unk,
            (found.nats / size).tolist(),
            found.rank.tolist(),
            (found.entropy / size).tolist(),
            self._tops(found),
        )
        return tuple(map(TokenScore, *columns))

    def _tops(self, found: Measures) -> Iterable[tuple[Alternative, ...]]:
        if not self.top:
            return repeat(())
        names, values = self.tokenizer.tokens, (found.top_nats / NATS[self.unit]).tolist()
        return (
            tuple(Alternative(names[id], value) for id, value in zip(ids, surprisals, strict=True))
            for ids, surprisals in zip(found.top_ids.tolist(), values, strict=True)
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


def evaluate(
    read: Callable[[Ids, Context], tuple[Float64s, Context]],
    tokenizer: Tokenizer,
    texts: Iterable[str],
    context: Context,
    *,
    model: str,
) -> Evaluation:
    """The figures of one text, given in pieces cut anywhere, its state carried from end to end.

    `read` gives -ln P of each of some ids and the context after them.

    A text that does not end with the end token gets one, where the tokenizer has it. Raises
    RnnreplError where there is nothing to evaluate.
    """
    began = perf_counter()
    nats, tokens, unk, chars, size, words = 0.0, 0, 0, 0, 0, 0
    for text in whole_lines(texts):
        ids = tokenizer.ids(text)
        more, context = read(ids, context)
        nats, tokens = nats + float(more.sum()), tokens + len(ids)
        unk += 0 if tokenizer.unk is None else int((ids == tokenizer.unk).sum())
        chars, size = chars + len(text), size + _bytes(text)
        words += len(text.split())
    if tokens and tokenizer.eos not in (None, context.id):
        more, _ = read(np.array([tokenizer.eos]), context)
        nats, tokens = nats + float(more.sum()), tokens + 1
    if not tokens:
        raise RnnreplError("There is no text to evaluate.")
    return Evaluation(
        model=model,
        tokens=tokens,
        chars=chars,
        bytes=size,
        unk=unk,
        nats=nats,
        nats_per_token=nats / tokens,
        perplexity=exp(nats / tokens),
        bits_per_char=nats / NATS["bits"] / chars,
        bits_per_byte=nats / NATS["bits"] / size,
        words=words,
        perplexity_per_word=_perplexity(nats, words),
        seconds=perf_counter() - began,
    )


def with_cache(plain: Evaluation, cache: Mapping[str, float], nats: float) -> Evaluation:
    """The same text, where it costs so many nats with a cache."""
    return replace(
        plain,
        nats=nats,
        nats_per_token=nats / plain.tokens,
        perplexity=exp(nats / plain.tokens),
        bits_per_char=nats / NATS["bits"] / plain.chars,
        bits_per_byte=nats / NATS["bits"] / plain.bytes,
        perplexity_per_word=_perplexity(nats, plain.words),
        cache=dict(cache),
        perplexity_without_cache=plain.perplexity,
    )


def _closed(encoding: Encoding, eos: int | None, length: int) -> Encoding:
    ids, starts, ends = encoding
    if eos is None or (len(ids) and ids[-1] == eos):
        return encoding
    return Encoding([*ids, eos], [*starts, length], [*ends, length])


def _perplexity(nats: float, count: int) -> float | None:
    try:
        return exp(nats / count) if count else None
    except OverflowError:  # a word of a thousand characters
        return inf


def _ratio(total: float, count: int) -> float | None:
    return total / count if count else None


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
