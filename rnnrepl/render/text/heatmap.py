"""The heat map: a text as typed, each token coloured by its surprisal or its rank."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from rnnrepl.render.numbers import summary
from rnnrepl.render.sanitize import visible
from rnnrepl.render.text.colormap import Heat, Scale, scale, styles
from rnnrepl.render.text.segments import Patch, patches, signs
from rnnrepl.results import Score, Unit

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

_TAB = 8


def heat(records: Iterable[object], screen: "Screen") -> None:
    """One map for each score, with its figures; the legend below the last."""
    console, score = screen.console(), None
    for record in records:
        assert isinstance(record, Score)
        if score is not None:
            console.print()
        score = record
        console.print(HeatMap(score, screen.heat))
        console.print(Text(summary(score), "dim"))
        screen.stdout.flush()
    if score is not None:
        console.print(Legend(score.unit, screen.heat))


@dataclass(frozen=True)
class HeatMap:
    """The text of a score, wrapped; where styles fail, with a digit below each token."""

    score: Score
    heat: Heat = "surprisal"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        palette, means = styles(console), scale(self.heat, self.score.unit)
        for row in _rows(_glyphs(self.score), options.max_width):
            if palette is None:
                yield Segment("".join(glyph.text for glyph in row) + "\n")
                yield Segment("".join(_digit(glyph, means) for glyph in row).rstrip() + "\n")
                continue
            for style, glyphs in groupby(row, lambda glyph: palette[_level(glyph, means)]):
                yield Segment("".join(glyph.text for glyph in glyphs), style)
            yield Segment.line()


@dataclass(frozen=True)
class Legend:
    """What the colours mean."""

    unit: Unit
    heat: Heat = "surprisal"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        palette, means = styles(console), scale(self.heat, self.unit)
        if palette is None:
            yield Text(f"digits: {means.digits}", end="\n")
            return
        yield Text(f"{means.name} ", "dim", end="")
        for label, level in means.legend():
            yield Text(f" {label} ", palette[level], end="")
        yield Text(f" {means.unit}", "dim", end="\n")


class _Glyph(NamedTuple):
    """A sign as drawn, its width, and the patch it belongs to; `first` opens the patch."""

    text: str
    cells: int
    patch: Patch | None
    first: bool = False
    ends_line: bool = False


def _level(glyph: _Glyph, scale: Scale) -> int:
    return scale.level(glyph.patch) if glyph.patch else 0


def _digit(glyph: _Glyph, scale: Scale) -> str:
    if glyph.patch is None or not glyph.first:
        return " " * glyph.cells
    return scale.digit(glyph.patch).ljust(glyph.cells)


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
