"""Surprisal of words, marked regions and other spans, summed over their tokens.

A token belongs to the span that contains its first non-blank character. A token of blanks only
belongs to the span that contains it; otherwise to the word or region before it, if only blanks are
between them, or to the first word if the text begins with blanks. The end token, which covers no
character, is a part of its own.

The surprisal of a word is that of its letters and of its end. A token of blanks after it says that
it is over. Where the next token begins with a blank, or is the end token, the `boundary` of that
token is moved to the word (Pimentel and Meister, 2024; Oh and Schuler, 2024).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import fsum
from typing import TypeVar

from rnnrepl.errors import usage
from rnnrepl.results.score_parts import ScoreRecord, SpanScore, Summed, TokenScore

AnyScore = TypeVar("AnyScore", bound=ScoreRecord)
Span = tuple[int, int]  # start and end, in characters; the end is exclusive

_WORD = re.compile(r"\S+")
_MARKED = re.compile(r"\\\*|\*|\\|[^\\*]+")


def words(text: str) -> list[Span]:
    """Returns the spans of the words of a text: its parts between blanks."""
    return [match.span() for match in _WORD.finditer(text)]


def regions(marked: str) -> tuple[str, list[Span]]:
    r"""Returns the text without its marks, and its regions.

    `*` begins and ends a region, `\*` is an asterisk. Raises RnnreplError for a region without an
    end.
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
        raise usage(r"A region has no end: put * before and after it, and write an asterisk as \*.")
    return "".join(parts), list(zip(edges[::2], edges[1::2], strict=True))


def spans(given: Iterable[str]) -> list[Span]:
    """Parses spans such as 4:7 and sorts them.

    Raises RnnreplError for text that is not a span, and for spans that overlap.
    """
    parsed = sorted(map(_span, given))
    for (_, end), (start, _) in pairwise(parsed):
        if start < end:
            raise usage(f"Two spans overlap at the characters {start}:{end}.")
    return parsed


def check_within(spans: Iterable[Span], text: str) -> None:
    """Raises RnnreplError if a span ends after the text."""
    for start, end in spans:
        if end > len(text):
            raise usage(f"`span` {start}:{end} ends after the text, which ends at {len(text)}.")


def _span(text: str) -> Span:
    match = re.fullmatch(r"(\d+):(\d+)", text)
    if not match or int(match[1]) > int(match[2]):
        raise usage(f"`span` must be START:END, in characters from 0, as in 4:7, not '{text}'.")
    return int(match[1]), int(match[2])


def group(score: AnyScore, by: Summed, spans: Sequence[Span]) -> AnyScore:
    """Returns the score with the surprisal of each span; spans must be sorted and disjoint.

    By word, the end token follows the words if it is scored, so that they add up to the total and
    the closing term. A span without tokens has surprisal None. By span, ends of words are not
    moved. Sums are exact (`math.fsum`).
    """
    starts = [start for start, _ in spans]
    sums, ends = [_Sum(score.text, span) for span in spans], list[_Sum]()
    position_of = _positions(score.text, by, spans)
    before: _Sum | None = None  # that of the token before
    for number, token in enumerate(score.tokens, 1):
        position = position_of(token)
        owner = bisect_right(starts, position) - 1
        part = sums[owner] if owner >= 0 and position < spans[owner][1] else None
        if by == "word" and score.eos and number == len(score.tokens):
            part = _Sum(score.text, (token.start, token.end))
            ends.append(part)
        if part:
            part.add(number, token)
        if by != "span":
            _move(token.boundary, part, before)
        before = part
    if by != "span":
        _move(score.closing, None, before)
    totals = [part.total() for part in sums + ends]
    totals.sort(key=lambda span: (span.start, span.end))
    return replace(score, by=by, spans=tuple(totals))


def _move(boundary: float | None, part: "_Sum | None", before: "_Sum | None") -> None:
    """Moves the surprisal of the end of a word to the part of the word."""
    if boundary is not None:
        for own, sign in (part, -1), (before, 1):
            if own:
                own.surprisals.append(sign * boundary)


@dataclass(slots=True)
class _Sum:
    """A span and the sum over its tokens so far."""

    text: str
    span: Span
    first: int | None = None
    entropy: float | None = None
    count: int = 0
    unk: int = 0
    surprisals: list[float] = field(default_factory=list)

    def add(self, number: int, token: TokenScore) -> None:
        if token.surprisal is None:
            return  # a first token that the model does not predict
        if self.first is None:
            self.first, self.entropy = number, token.entropy
        self.count += 1
        self.unk += token.unk
        self.surprisals.append(token.surprisal)

    def total(self) -> SpanScore:
        start, end = self.span
        return SpanScore(
            text=self.text[start:end],
            start=start,
            end=end,
            first=self.first,
            count=self.count,
            unk=self.unk,
            surprisal=fsum(self.surprisals) if self.count else None,
            entropy=self.entropy,
        )


def first_solid(text: str, token: TokenScore) -> int | None:
    """The position of a token's first non-blank character; None if all are blank."""
    bare = text[token.start : token.end].lstrip()
    return token.end - len(bare) if bare else None


def cut_tokens(score: ScoreRecord) -> Iterator[tuple[SpanScore, TokenScore]]:
    """Yields each span that begins or ends between two letters of a token, and that token.

    The token belongs to the span of its first letter, so that the sums are not those of the spans.
    """
    spans = score.spans or ()
    bounds = sorted((at, number) for number, s in enumerate(spans) for at in (s.start, s.end))
    cut: set[int] = set()
    for token in score.tokens if bounds else ():
        start = first_solid(score.text, token)
        if start is None:
            continue
        end = start + len(score.text[start : token.end].rstrip())
        inside = slice(bisect_right(bounds, (start, len(spans))), bisect_left(bounds, (end, -1)))
        for _, number in bounds[inside]:
            if number not in cut:
                cut.add(number)
                yield spans[number], token


def _positions(text: str, by: Summed, spans: Sequence[Span]) -> Callable[[TokenScore], int]:
    """Returns a function from a token to the character that decides its span; -1 for none."""
    solid = words(text) if by != "span" else []
    word_starts, starts = [start for start, _ in solid], [start for start, _ in spans]

    def position_of(token: TokenScore) -> int:
        if not token.text:
            return -1
        if (position := first_solid(text, token)) is not None:
            return position
        inside = bisect_right(starts, token.start) - 1
        if not solid or (inside >= 0 and token.start < spans[inside][1]):
            return token.start
        before = bisect_right(word_starts, token.start) - 1
        return solid[before][1] - 1 if before >= 0 else solid[0][0]

    return position_of
