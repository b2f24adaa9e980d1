"""A text whose parts are colored by a value from -1 to 1, on a diverging scale."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.text.wrapping import Glyph, glyphs, rows

# Text and background color of each level, the lowest values first: blue to orange (PuOr-like, of
# ColorBrewer), which all kinds of color vision tell apart, and darker towards both ends.
COLORS = (
    ("#ffffff", "#1a4f8f"),
    ("#000000", "#5b9bd1"),
    ("#000000", "#c3dcf0"),
    None,
    ("#000000", "#fbdcb0"),
    ("#000000", "#f09a3e"),
    ("#ffffff", "#a34700"),
)
BOUNDARIES = (-0.75, -0.4, -0.1, 0.1, 0.4, 0.75)
_COLORLESS = ("bold underline", "underline", "none", "none", "none", "reverse", "bold reverse")
_MARKS = ("=", "-", " ", " ", " ", "+", "#")  # for a console without styles


class ValuePart(NamedTuple):
    """Characters `start` to `end` with a value from -1 to 1, and a title for HTML."""

    start: int
    end: int
    value: float
    title: str

    @property
    def level(self) -> int:
        """The index of its color."""
        return bisect(BOUNDARIES, self.value)


@dataclass(frozen=True)
class ValueMap:
    """The text, wrapped; on a console without styles with a mark below each part."""

    text: str
    parts: Sequence[ValuePart]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        styles = _styles(console)
        for row in rows(glyphs(self.text, self.parts), options.max_width):
            if styles is None:
                yield Segment("".join(glyph.text for glyph in row) + "\n")
                yield Segment("".join(map(_mark, row)).rstrip() + "\n")
                continue
            for level, group in groupby(row, _level):
                yield Segment("".join(glyph.text for glyph in group), styles[level])
            yield Segment.line()


@dataclass(frozen=True)
class ValueLegend:
    """The meaning of the colors: `low` and `high` name the ends of the scale."""

    low: str
    high: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        styles = _styles(console)
        if styles is None:
            yield Text(f"marks: = - {self.low}, + # {self.high}", end="\n")
            return
        yield Text(f"{self.low} ", "dim", end="")
        for style in styles:
            yield Text("   ", style, end="")
        yield Text(f" {self.high}", "dim", end="\n")


def value_styles() -> str:
    """The rules of CSS for `value_html`."""
    pairs = enumerate(COLORS)
    return "".join(
        f".rnnrepl .v{level} {{ color: {pair[0]}; background: {pair[1]}; }}\n"
        for level, pair in pairs
        if pair
    )


def legend_html(low: str, high: str) -> str:
    """The meaning of the colours as HTML, like `ValueLegend`."""
    levels = "".join(f'<span class="v{n}">&nbsp;&nbsp;&nbsp;</span>' for n in range(len(COLORS)))
    return f"<p>{escape(low)} {levels} {escape(high)}</p>\n"


def value_html(text: str, parts: Sequence[ValuePart]) -> str:
    """The text as escaped HTML, with the title of each part on hover."""
    written, position = [], 0
    for part in parts:
        shown = sanitize(text[part.start : part.end].replace("\n", "⏎\n") or "¶")
        written.append(escape(sanitize(text[position : part.start])))
        written.append(
            f'<span class="v{part.level}" title="{escape(sanitize(part.title))}">'
            f"{escape(shown)}</span>"
        )
        position = part.end
    return "".join([*written, escape(sanitize(text[position:]))])


def _level(glyph: Glyph[ValuePart]) -> int:
    return glyph.part.level if glyph.part else len(BOUNDARIES) // 2


def _mark(glyph: Glyph[ValuePart]) -> str:
    mark = _MARKS[glyph.part.level] if glyph.part and glyph.first else " "
    return mark.ljust(glyph.cells)


def _styles(console: Console) -> list[Style] | None:
    if console.color_system is None:
        return None
    if console.no_color:
        return list(map(Style.parse, _COLORLESS))
    return [Style(color=pair[0], bgcolor=pair[1]) if pair else Style() for pair in COLORS]
