"""A long text in pieces, cut only where no token can be."""

import re
from collections.abc import Iterable, Iterator

_LINE = re.compile(r"[^\S\n]*\S")
_BORDER = re.compile(rf"\n(?={_LINE.pattern})")
_UP_TO_LAST_LINE = re.compile(rf"(?s:.*\n)(?={_LINE.pattern})")


def whole_lines(texts: Iterable[str]) -> Iterator[str]:
    """The same text, cut anew: only where a line begins that is not blank.

    No word, no grapheme cluster and no paragraph break is cut there, so that a tokenizer makes of
    these pieces, one by one, what it would make of the whole text.
    """
    held: list[str] = []
    for text in texts:
        if held and held[-1].endswith("\n") and _LINE.match(text):
            yield "".join(held)
            held = []
        if found := _UP_TO_LAST_LINE.match(text):
            yield "".join([*held, found.group()])
            held, text = [], text[found.end() :]
        if text:
            held.append(text)
    if held:
        yield "".join(held)


def lines(text: str) -> Iterator[tuple[int, str]]:
    """The shortest pieces that a text can be cut into, each with the place where it begins.

    These are its lines, each with the blank ones after it. A tokenizer that reads them one by one
    gives any text in pieces the ids of the whole, whatever its library looks at on both sides.
    """
    start = 0
    for border in _BORDER.finditer(text):
        yield start, text[start : border.end()]
        start = border.end()
    if start < len(text):
        yield start, text[start:]
