"""Splits a scored text into the smallest segments that can have a color of their own."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple, Protocol, TypeVar

from rnnrepl.results.score_parts import SpanScore, TokenScore
from rnnrepl.results.scores import Score


class Part(Protocol):
    """Characters of a text from `start` to `end`."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


P = TypeVar("P", bound=Part)


class TextSegment(NamedTuple):
    """Characters `start` to `end`, the tokens in them, and the sum of their surprisals.

    A segment is one token if possible. Tokens that share a character or a grapheme are merged. If
    the score has spans, each span is a segment. The segment of the end token is empty.
    """

    start: int
    end: int
    surprisal: float
    tokens: tuple[TokenScore, ...]


def segments(score: Score) -> Iterator[TextSegment]:
    """The segments of a score, in order; text between them has no surprisal."""
    if score.spans is not None:
        yield from _spans(score, score.spans)
        return
    scored = (token for token in score.tokens if token.surprisal is not None)
    for tokens, end in merged(score.text, scored):
        total = sum(token.surprisal or 0.0 for token in tokens)
        yield TextSegment(tokens[0].start, end, total, tuple(tokens))


def merged(text: str, tokens: Iterable[P]) -> Iterator[tuple[list[P], int]]:
    """Merges tokens that share a character or a grapheme of a text; yields them and their end."""
    ends = _boundaries(text)
    group: list[P] = []
    end = 0
    for token in tokens:
        if group and token.start >= end and (ends is None or end in ends):
            yield group, end
            group = []
        group.append(token)
        end = max(end, token.end)
    if group:
        yield group, end


def _spans(score: Score, spans: Iterable[SpanScore]) -> Iterator[TextSegment]:
    for span in spans:
        if span.first is not None and span.surprisal is not None:
            tokens = score.tokens[span.first - 1 : span.first - 1 + span.count]
            yield TextSegment(span.start, span.end, span.surprisal, tuple(tokens))


def graphemes(text: str) -> list[str]:
    """The grapheme clusters of a text: what a reader sees as one character each."""
    if text.isascii():
        return list(text)
    import regex  # takes 20 ms, which ASCII text does not need

    return regex.findall(r"\X", text)


def _boundaries(text: str) -> set[int] | None:
    """The positions between graphemes; None if every position is one."""
    return None if text.isascii() else {0, *accumulate(map(len, graphemes(text)))}
