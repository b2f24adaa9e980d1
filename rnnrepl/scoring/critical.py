"""The critical parts of a minimal pair: the words in which its sentences differ."""

import re
from collections.abc import Sequence

from rnnrepl.results.scores import Score
from rnnrepl.results.words import Span, first_solid

_PART = re.compile(r"[^\W_]+|\S")  # a word without its punctuation, or one mark
_TO_NEXT_WORD = re.compile(r"\s*")
_REST_OF_WORD = re.compile(r"\S*\s*")

_NONE: Sequence[Span] = ()


def critical_parts(
    good: str,
    bad: str,
    *,
    whole: bool,
    tokens: tuple[Sequence[Span], Sequence[Span]] = (_NONE, _NONE),
) -> tuple[Span, Span]:
    """Returns the characters in which two sentences differ, as (start, end) in each of them.

    The parts are whole words, with the spaces that end them; a token of `tokens`, the characters of
    the tokens of each sentence as `solid_spans` gives them, is not cut. A part that would be empty,
    because words were inserted or left out, is extended, with the other one, by the next word, and
    at the end of the sentence by the word before.

    With `whole` punctuation belongs to the word before it: it ends the word for a model that reads
    characters. Words then differ too if only one of them follows a space, and both parts begin
    after a space, or neither does.
    """
    texts = good, bad
    goods, bads = units = [_units(*both) for both in zip(texts, tokens, strict=True)]
    first, second = (
        [(whole and text[a - 1 : a].isspace(), text[a:b]) for a, b in own]
        for text, own in zip(texts, units, strict=True)
    )
    shortest = min(len(first), len(second))
    same = (number for number in range(shortest) if first[number] != second[number])
    start = next(same, shortest)
    after = 0  # equal words at the end
    while after < shortest - start and first[-1 - after] == second[-1 - after]:
        after += 1
    if shortest - after == start:
        if after:
            after -= 1
        else:
            start = max(start - 1, 0)
    if start and first[start][0] != second[start][0]:
        start -= 1
    ends = len(goods) - after, len(bads) - after
    return _span(good, goods[start : ends[0]], whole), _span(bad, bads[start : ends[1]], whole)


def solid_spans(score: Score) -> list[Span]:
    """Returns the characters of each token, without blanks around it; none for blank tokens."""
    text = score.text
    return [
        (start, start + len(text[start : token.end].rstrip()))
        for token in score.tokens
        if (start := first_solid(text, token)) is not None
    ]


def _units(text: str, tokens: Sequence[Span]) -> list[Span]:
    """The words and marks of a text, those that a token overlaps as one."""
    units: list[Span] = []
    for start, end in sorted([*(match.span() for match in _PART.finditer(text)), *tokens]):
        if units and start < units[-1][1]:
            units[-1] = units[-1][0], max(end, units[-1][1])
        else:
            units.append((start, end))
    return units


def _span(text: str, words: Sequence[Span], whole: bool) -> Span:
    if not words:
        return len(text), len(text)
    rest = (_REST_OF_WORD if whole else _TO_NEXT_WORD).match(text, words[-1][1])
    return words[0][0], rest.end() if rest else len(text)
