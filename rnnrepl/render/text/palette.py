"""A text in colors: the palette of levels, and the rows of a text on a terminal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, RenderResult
from rich.segment import Segment
from rich.style import Style

from rnnrepl.render.text.segments import P
from rnnrepl.render.text.wrapping import Glyph, glyphs, rows


@dataclass(frozen=True)
class Palette:
    """Text and background color of each level, and the styles that replace them without color.

    `prefix` and the number of a level are its class in CSS.
    """

    prefix: str
    colors: tuple[tuple[str, str] | None, ...]
    colorless: tuple[str, ...]

    def styles(self, console: Console) -> list[Style] | None:
        """The style of each level on a console; None if it supports no styles."""
        if console.color_system is None:
            return None
        # Not cached: a rich Style caches the codes of the first console that it is drawn on.
        if console.no_color:
            return list(map(Style.parse, self.colorless))
        return [Style(color=pair[0], bgcolor=pair[1]) if pair else Style() for pair in self.colors]

    @property
    def css(self) -> str:
        """The rules of CSS for the levels."""
        return "".join(
            f".rnnrepl .{self.prefix}{level} {{ color: {pair[0]}; background: {pair[1]}; }}\n"
            for level, pair in enumerate(self.colors)
            if pair
        )


def draw(
    text: str,
    parts: Iterable[P],
    width: int,
    styles: list[Style] | None,
    level: Callable[[P | None], int],
    mark: Callable[[P], str],
) -> RenderResult:
    """Draws a text in rows, each part in the style of its level; without styles, marks below it."""

    def below(glyph: Glyph[P]) -> str:
        return (mark(glyph.part) if glyph.part and glyph.first else "").ljust(glyph.cells)

    for row in rows(glyphs(text, parts), width):
        if styles is None:
            yield Segment("".join(glyph.text for glyph in row) + "\n")
            yield Segment("".join(map(below, row)).rstrip() + "\n")
            continue
        for number, group in groupby(row, lambda glyph: level(glyph.part)):
            yield Segment("".join(glyph.text for glyph in group), styles[number])
        yield Segment.line()
