"""Tokens as patches of text: the smallest parts of a line that can have a colour of their own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from rnnrepl.results import Score, SpanScore, TokenScore


class Patch(NamedTuple):
    """Characters that are drawn as one, and the surprisal of all the tokens in them.

    It is one token where characters allow; tokens that share a character, or that together make
    one sign on the screen, are summed. Or it is a span, where the score has spans. `tokens` are
    its tokens; the end token's patch is empty.
    """

    start: int
    end: int
    surprisal: float
    tokens: tuple[TokenScore, ...]


def patches(score: Score) -> Iterator[Patch]:
    """The patches of a score, in order: its spans, or else its tokens. Between them is no heat."""
    if score.spans is not None:
        yield from _spans(score, score.spans)
        return
    ends = _boundaries(score.text)
    group: list[TokenScore] = []
    end = 0
    for token in score.tokens:
        if group and token.start >= end and (ends is None or end in ends):
            yield _patch(group, end)
            group = []
        group.append(token)
        end = max(end, token.end)
    if group:
        yield _patch(group, end)


def _spans(score: Score, spans: Iterable[SpanScore]) -> Iterator[Patch]:
    for span in spans:
        if span.first is not None and span.surprisal is not None:
            tokens = score.tokens[span.first - 1 : span.first - 1 + span.count]
            yield Patch(span.start, span.end, span.surprisal, tuple(tokens))


def _patch(tokens: Sequence[TokenScore], end: int) -> Patch:
    return Patch(tokens[0].start, end, sum(token.surprisal for token in tokens), tuple(tokens))


def signs(text: str) -> list[str]:
    """What a reader sees as one character each: grapheme clusters."""
    if text.isascii():
        return list(text)
    import regex  # 20 ms that plain ASCII need not pay

    return regex.findall(r"\X", text)


def _boundaries(text: str) -> set[int] | None:
    """Where one sign ends and the next begins; None where that is everywhere."""
    return None if text.isascii() else {0, *accumulate(map(len, signs(text)))}
