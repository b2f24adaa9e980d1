"""Wraps a text into rows of a terminal, each grapheme with the part of the text it belongs to."""

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple

from rich.cells import cell_len

from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.text.segments import P, graphemes

_TAB = 8


class Glyph(NamedTuple, Generic[P]):
    """A grapheme as drawn, its width in cells, and its part; `first` opens a part."""

    text: str
    cells: int
    part: P | None
    first: bool = False
    ends_line: bool = False


def glyphs(text: str, parts: Iterable[P]) -> Iterator[Glyph[P]]:
    """The graphemes of a text with parts, in order; an empty part, the end token, is drawn as ¶."""
    position = 0
    for part in parts:
        yield from _split(text[position : part.start], None)
        yield from _split(text[part.start : part.end] or "¶", part)
        position = part.end
    yield from _split(text[position:], None)


def _split(text: str, part: P | None) -> Iterator[Glyph[P]]:
    for number, grapheme in enumerate(graphemes(text)):
        ends_line = grapheme.endswith("\n")
        if ends_line:  # marked only if it belongs to a part
            grapheme = sanitize(grapheme[:-1], keep="") + ("⏎" if part else "")
        shown = sanitize(grapheme, keep="\t")
        yield Glyph(shown, cell_len(shown), part, number == 0, ends_line)


def rows(glyphs: Iterable[Glyph[P]], width: int) -> Iterator[list[Glyph[P]]]:
    """Wraps glyphs into rows of at most `width` cells, after a space if there is one."""
    row: list[Glyph[P]] = []
    column = 0
    for glyph in glyphs:
        if glyph.text == "\t":
            cells = _TAB - column % _TAB
            glyph = glyph._replace(text=" " * cells, cells=cells)
        while row and column + glyph.cells > width:
            full, row = _fold(row)
            yield full
            column = sum(glyph.cells for glyph in row)
        row.append(glyph)
        column += glyph.cells
        if glyph.ends_line:
            yield row
            row, column = [], 0
    if row:
        yield row


def _fold(row: list[Glyph[P]]) -> tuple[list[Glyph[P]], list[Glyph[P]]]:
    breaks = [place for place, glyph in enumerate(row, 1) if glyph.text.isspace()]
    place = breaks[-1] if breaks else len(row)
    return row[:place], row[place:]
