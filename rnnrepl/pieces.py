"""A long text in pieces, cut only where no token can be."""

import re
from collections.abc import Iterable, Iterator

_LINE = re.compile(r"[^\S\n]*\S")
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
