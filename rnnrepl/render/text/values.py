"""A text whose parts are colored by a value from -1 to 1, on a diverging scale."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.text.palette import Palette, draw

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
VALUES = Palette(
    "v",
    COLORS,
    ("bold underline", "underline", "none", "none", "none", "reverse", "bold reverse"),
)
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
        def level(part: ValuePart | None) -> int:
            return part.level if part else len(BOUNDARIES) // 2

        def mark(part: ValuePart) -> str:
            return _MARKS[part.level]

        styles = VALUES.styles(console)
        yield from draw(self.text, self.parts, options.max_width, styles, level, mark)


@dataclass(frozen=True)
class ValueLegend:
    """The meaning of the colors: `low` and `high` name the ends of the scale."""

    low: str
    high: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        styles = VALUES.styles(console)
        if styles is None:
            yield Text(f"marks: = - {self.low}, + # {self.high}", end="\n")
            return
        yield Text(f"{self.low} ", "dim", end="")
        for style in styles:
            yield Text("   ", style, end="")
        yield Text(f" {self.high}", "dim", end="\n")


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
