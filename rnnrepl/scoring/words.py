"""Surprisal of words, of marked regions and of other spans, as sums over their tokens.

A token belongs to the span that holds its first character that is not blank. A token of blanks
alone belongs to the span it stands in, else to the word or region it closes: the one before it,
with nothing but blanks between (or, where the text begins with blanks, to the one that follows).
So each word is charged with the blank that ends it, as in a model of words. The end token, for
which no character stands, is a part of its own.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import fsum

from rnnrepl.errors import usage
from rnnrepl.results import Score, SpanScore, Summed, TokenScore

Span = tuple[int, int]  # the first character, and the one after the last

_WORD = re.compile(r"\S+")
_MARKED = re.compile(r"\\\*|\*|\\|[^\\*]+")


def words(text: str) -> list[Span]:
    """What stands between blanks."""
    return [match.span() for match in _WORD.finditer(text)]


def regions(marked: str) -> tuple[str, list[Span]]:
    r"""A text without its marks, and its regions: `*` begins and ends each, `\*` is an asterisk.

    Raises RnnreplError for a region that does not end.
    """
    parts: list[str] = []
    edges, length = [], 0
    for part in _MARKED.findall(marked):
        if part == "*":
            edges.append(length)
        else:
            parts.append("*" if part == r"\*" else part)
            length += len(parts[-1])
    if len(edges) % 2:
        raise usage(r"A region does not end: each stands between two *; an asterisk is \*.")
    return "".join(parts), list(zip(edges[::2], edges[1::2], strict=True))


def spans(given: Iterable[str]) -> list[Span]:
    """Spans as typed, such as 4:7, in their order; raises RnnreplError for what is none."""
    found = sorted(map(_span, given))
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise usage(f"Two spans share the characters {start}:{end}.")
    return found


def _span(text: str) -> Span:
    found = re.fullmatch(r"(\d+):(\d+)", text)
    if not found or int(found[1]) > int(found[2]):
        raise usage(f"A span is START:END, in characters from 0, as in 4:7, not '{text}'.")
    return int(found[1]), int(found[2])


def group(score: Score, by: Summed, spans: Sequence[Span]) -> Score:
    """The same score with the surprisal of each span, which are in order and share no character.

    Words are followed by the end token, where it is scored, so that they add up to the total. A
    span that no token belongs to has no surprisal.
    """
    starts = [start for start, _ in spans]
    sums, ends = [_Sum(score.text, span) for span in spans], list[_Sum]()
    placed = _placed(score.text, by, spans)
    for number, token in enumerate(score.tokens, 1):
        at = placed(token)
        owner = bisect_right(starts, at) - 1
        if owner >= 0 and at < spans[owner][1]:
            sums[owner].add(number, token)
        elif by == "word" and not token.text:
            ends.append(_Sum(score.text, (token.start, token.start)))
            ends[-1].add(number, token)
    found = [one.total() for one in sums + ends]
    found.sort(key=lambda span: (span.start, span.end))
    return replace(score, by=by, spans=tuple(found))


@dataclass(slots=True)
class _Sum:
    """A span, and what its tokens add up to so far."""

    text: str
    span: Span
    first: int | None = None
    unk: int = 0
    surprisals: list[float] = field(default_factory=list)

    def add(self, number: int, token: TokenScore) -> None:
        if self.first is None:
            self.first = number
        self.unk += token.unk
        self.surprisals.append(token.surprisal)

    def total(self) -> SpanScore:
        start, end = self.span
        return SpanScore(
            text=self.text[start:end],
            start=start,
            end=end,
            first=self.first,
            count=len(self.surprisals),
            unk=self.unk,
            surprisal=fsum(self.surprisals) if self.surprisals else None,
        )


def place(text: str, token: TokenScore) -> int | None:
    """The first character of a token that is not blank; None where all are."""
    bare = text[token.start : token.end].lstrip()
    return token.end - len(bare) if bare else None


def _placed(text: str, by: Summed, spans: Sequence[Span]) -> Callable[[TokenScore], int]:
    """Gives each token the character by which it belongs to a span; -1 where there is none."""
    solid = words(text) if by != "span" else []
    word_starts, starts = [start for start, _ in solid], [start for start, _ in spans]

    def placed(token: TokenScore) -> int:
        if not token.text:
            return -1
        if (at := place(text, token)) is not None:
            return at
        inside = bisect_right(starts, token.start) - 1
        if not solid or (inside >= 0 and token.start < spans[inside][1]):
            return token.start
        before = bisect_right(word_starts, token.start) - 1
        return solid[before][1] - 1 if before >= 0 else solid[0][0]

    return placed
