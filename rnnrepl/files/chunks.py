"""Cutting long texts into pieces at places that no token crosses."""

import re
from collections.abc import Iterable, Iterator

_LINE = re.compile(r"[^\S\n]*\S")
_BORDER = re.compile(rf"\n(?={_LINE.pattern})")
_WITH_BREAK = re.compile(r"[^\n]*\n|[^\n]+")
_UP_TO_LAST_LINE = re.compile(rf"(?s:.*\n)(?={_LINE.pattern})")


def whole_lines(texts: Iterable[str]) -> Iterator[str]:
    """Recuts a text given in pieces, so that each piece begins with a non-blank line.

    No word, grapheme cluster or paragraph break is cut there: tokenizing the pieces gives the
    tokens of the whole text.
    """
    held: list[str] = []
    for text in texts:
        if held and held[-1].endswith("\n") and _LINE.match(text):
            yield "".join(held)
            held = []
        if match := _UP_TO_LAST_LINE.match(text):
            yield "".join([*held, match.group()])
            held, text = [], text[match.end() :]
        if text:
            held.append(text)
    if held:
        yield "".join(held)


def split_lines(text: str) -> list[str]:
    """Returns the lines of a text with their line breaks."""
    return _WITH_BREAK.findall(text)


def with_last(texts: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yields each text, once the next one is there, and whether it is the last."""
    before: str | None = None
    for text in texts:
        if before is not None:
            yield before, False
        before = text
    if before is not None:
        yield before, True


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Yields (start, piece) for the shortest pieces of a text: lines with the blank lines after.

    A tokenizer that encodes these pieces separately gives the ids of the whole text however it is
    cut, even if its library looks at the context of a token.
    """
    start = 0
    for border in _BORDER.finditer(text):
        yield start, text[start : border.end()]
        start = border.end()
    if start < len(text):
        yield start, text[start:]
