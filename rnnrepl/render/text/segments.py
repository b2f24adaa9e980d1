"""Splits a scored text into the smallest segments that can have a color of their own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from rnnrepl.results import Score, SpanScore, TokenScore


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
    ends = _boundaries(score.text)
    group: list[TokenScore] = []
    end = 0
    for token in score.tokens:
        if token.surprisal is None:
            continue  # a first token that the model does not predict
        if group and token.start >= end and (ends is None or end in ends):
            yield _segment(group, end)
            group = []
        group.append(token)
        end = max(end, token.end)
    if group:
        yield _segment(group, end)


def _spans(score: Score, spans: Iterable[SpanScore]) -> Iterator[TextSegment]:
    for span in spans:
        if span.first is not None and span.surprisal is not None:
            tokens = score.tokens[span.first - 1 : span.first - 1 + span.count]
            yield TextSegment(span.start, span.end, span.surprisal, tuple(tokens))


def _segment(tokens: Sequence[TokenScore], end: int) -> TextSegment:
    return TextSegment(
        tokens[0].start, end, sum(token.surprisal or 0.0 for token in tokens), tuple(tokens)
    )


def graphemes(text: str) -> list[str]:
    """The grapheme clusters of a text: what a reader sees as one character each."""
    if text.isascii():
        return list(text)
    import regex  # takes 20 ms, which ASCII text does not need

    return regex.findall(r"\X", text)


def _boundaries(text: str) -> set[int] | None:
    """The positions between graphemes; None if every position is one."""
    return None if text.isascii() else {0, *accumulate(map(len, graphemes(text)))}
