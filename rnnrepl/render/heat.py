"""The heat map: a text as typed, each token coloured by its surprisal."""

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import log
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rnnrepl.render.figures import summary
from rnnrepl.render.patches import Patch, patches, signs
from rnnrepl.render.visible import visible
from rnnrepl.results import NATS, Score, Unit

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

# Where one level of heat ends and the next begins, in bits.
STEPS = (1, 2, 4, 8, 12)
# Text and background of each level: both are set, so it reads on dark and on light terminals.
# Luminance rises from level to level, so it reads without hues: colour-blind, or in grey.
COLORS = (
    None,
    ("#ffffff", "#20409a"),
    ("#ffffff", "#84358c"),
    ("#ffffff", "#b02a50"),
    ("#000000", "#f28c38"),
    ("#000000", "#ffd54a"),
)
_UNCOLORED = ("dim", "none", "underline", "bold underline", "reverse", "bold reverse")
_TAB = 8


def heat(records: Iterable[object], screen: "Screen") -> None:
    """One map for each score, with its figures; the legend below the last."""
    console, score = screen.console(), None
    for record in records:
        assert isinstance(record, Score)
        if score is not None:
            console.print()
        score = record
        console.print(HeatMap(score))
        console.print(Text(summary(score), "dim"))
        screen.stdout.flush()
    if score is not None:
        console.print(Legend(score.unit))


def level(bits: float) -> int:
    """The level of heat, 0 to 5, of a surprisal in bits."""
    return bisect(STEPS, bits)


def bits(surprisal: float, unit: Unit) -> float:
    """A surprisal of any unit in bits."""
    return surprisal * NATS[unit] / log(2)


def labels(unit: Unit) -> list[str]:
    """The range of each level, in a unit."""
    steps = [f"{step / bits(1, unit):.2g}" for step in STEPS]
    return [f"<{steps[0]}", *(f"{low}–{high}" for low, high in pairwise(steps)), f"{steps[-1]}+"]


def styles(console: Console) -> list[Style] | None:
    """The style of each level on this console; None where it takes no styles at all."""
    if console.color_system is None:
        return None
    # Made anew each time: a style remembers the codes of the first console it was drawn on.
    if console.no_color:
        return list(map(Style.parse, _UNCOLORED))
    return [Style(color=pair[0], bgcolor=pair[1]) if pair else Style() for pair in COLORS]


@dataclass(frozen=True)
class HeatMap:
    """The text of a score, wrapped; where styles fail, with digits of surprisal below each line."""

    score: Score

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        palette = styles(console)
        for row in _rows(_glyphs(self.score), options.max_width):
            if palette is None:
                yield Segment("".join(glyph.text for glyph in row) + "\n")
                yield Segment("".join(map(self._digit, row)).rstrip() + "\n")
                continue
            for style, glyphs in groupby(row, lambda glyph: palette[self._level(glyph)]):
                yield Segment("".join(glyph.text for glyph in glyphs), style)
            yield Segment.line()

    def _bits(self, patch: Patch) -> float:
        return bits(patch.surprisal, self.score.unit)

    def _level(self, glyph: "_Glyph") -> int:
        return level(self._bits(glyph.patch)) if glyph.patch else 0

    def _digit(self, glyph: "_Glyph") -> str:
        if glyph.patch is None or not glyph.first:
            return " " * glyph.cells
        return str(min(9, round(self._bits(glyph.patch)))).ljust(glyph.cells)


@dataclass(frozen=True)
class Legend:
    """What the colours mean, in the unit of the score."""

    unit: Unit

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        palette = styles(console)
        if palette is None:
            yield Text("digits: surprisal in bits, rounded; 9 is 9 or more", end="\n")
            return
        yield Text("surprisal ", "dim", end="")
        for label, style in zip(labels(self.unit), palette, strict=True):
            yield Text(f" {label} ", style, end="")
        yield Text(f" {self.unit}", "dim", end="\n")


class _Glyph(NamedTuple):
    """A sign as drawn, its width, and the patch it belongs to; `first` opens the patch."""

    text: str
    cells: int
    patch: Patch | None
    first: bool = False
    ends_line: bool = False


def _glyphs(score: Score) -> Iterator[_Glyph]:
    position = 0
    for patch in patches(score):
        yield from _drawn(score.text[position : patch.start], None)
        yield from _drawn(score.text[patch.start : patch.end] or "¶", patch)
        position = patch.end
    yield from _drawn(score.text[position:], None)


def _drawn(text: str, patch: Patch | None) -> Iterator[_Glyph]:
    for number, sign in enumerate(signs(text)):
        ends_line = sign.endswith("\n")
        if ends_line:  # a line end that no token stands for needs no mark
            sign = visible(sign[:-1], keep="") + ("⏎" if patch else "")
        shown = visible(sign, keep="\t")
        yield _Glyph(shown, cell_len(shown), patch, number == 0, ends_line)


def _rows(glyphs: Iterable[_Glyph], width: int) -> Iterator[list[_Glyph]]:
    """Glyphs in rows of at most `width` cells, broken after a blank where there is one."""
    row: list[_Glyph] = []
    column = 0
    for glyph in glyphs:
        if glyph.text == "\t":
            blanks = _TAB - column % _TAB
            glyph = glyph._replace(text=" " * blanks, cells=blanks)
        while row and column + glyph.cells > width:
            done, row = _fold(row)
            yield done
            column = sum(glyph.cells for glyph in row)
        row.append(glyph)
        column += glyph.cells
        if glyph.ends_line:
            yield row
            row, column = [], 0
    if row:
        yield row


def _fold(row: list[_Glyph]) -> tuple[list[_Glyph], list[_Glyph]]:
    blanks = [place for place, glyph in enumerate(row, 1) if glyph.text.isspace()]
    place = blanks[-1] if blanks else len(row)
    return row[:place], row[place:]
