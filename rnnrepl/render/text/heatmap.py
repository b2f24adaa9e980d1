"""The heat map: a text as typed, each token colored by its surprisal or its rank."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from rnnrepl.render.numbers import wrapped_summary
from rnnrepl.render.output import Heat, Output
from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.text.colormap import Scale, color_scale, level_styles
from rnnrepl.render.text.segments import TextSegment, graphemes, segments
from rnnrepl.results import Score, Unit

_TAB = 8


def draw_heatmaps(records: Iterable[object], output: Output) -> None:
    """Draws one map for each score with its summary, and a legend below the last."""
    console, score = output.console(), None
    for record in records:
        assert isinstance(record, Score)
        if score is not None:
            console.print()
        score = record
        console.print(HeatMap(score, output.heat))
        console.print(Text(wrapped_summary(score, output.width), "dim"))
        output.stdout.flush()
    if score is not None:
        console.print(Legend(score.unit, output.heat))


@dataclass(frozen=True)
class HeatMap:
    """The text of a score, wrapped; on a console without styles with a digit below each token."""

    score: Score
    heat: Heat = "surprisal"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        styles, scale = level_styles(console), color_scale(self.heat, self.score.unit)
        for row in _rows(_glyphs(self.score), options.max_width):
            if styles is None:
                yield Segment("".join(glyph.text for glyph in row) + "\n")
                yield Segment("".join(_digit(glyph, scale) for glyph in row).rstrip() + "\n")
                continue
            for style, glyphs in groupby(row, lambda glyph: styles[_level(glyph, scale)]):
                yield Segment("".join(glyph.text for glyph in glyphs), style)
            yield Segment.line()


@dataclass(frozen=True)
class Legend:
    """The range of each color."""

    unit: Unit
    heat: Heat = "surprisal"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        styles, scale = level_styles(console), color_scale(self.heat, self.unit)
        if styles is None:
            yield Text(f"digits: {scale.digits}", end="\n")
            return
        yield Text(f"{scale.name} ", "dim", end="")
        for label, level in scale.legend():
            yield Text(f" {label} ", styles[level], end="")
        yield Text(f" {scale.unit}", "dim", end="\n")


class _Glyph(NamedTuple):
    """A grapheme as drawn, its width in cells, and its segment; `first` opens a segment."""

    text: str
    cells: int
    segment: TextSegment | None
    first: bool = False
    ends_line: bool = False


def _level(glyph: _Glyph, scale: Scale) -> int:
    return scale.level(glyph.segment) if glyph.segment else 0


def _digit(glyph: _Glyph, scale: Scale) -> str:
    if glyph.segment is None or not glyph.first:
        return " " * glyph.cells
    return scale.digit(glyph.segment).ljust(glyph.cells)


def _glyphs(score: Score) -> Iterator[_Glyph]:
    position = 0
    for segment in segments(score):
        yield from _split(score.text[position : segment.start], None)
        yield from _split(score.text[segment.start : segment.end] or "¶", segment)
        position = segment.end
    yield from _split(score.text[position:], None)


def _split(text: str, segment: TextSegment | None) -> Iterator[_Glyph]:
    for number, grapheme in enumerate(graphemes(text)):
        ends_line = grapheme.endswith("\n")
        if ends_line:  # marked only if it is part of a token
            grapheme = sanitize(grapheme[:-1], keep="") + ("⏎" if segment else "")
        shown = sanitize(grapheme, keep="\t")
        yield _Glyph(shown, cell_len(shown), segment, number == 0, ends_line)


def _rows(glyphs: Iterable[_Glyph], width: int) -> Iterator[list[_Glyph]]:
    """Wraps glyphs into rows of at most `width` cells, after a space if there is one."""
    row: list[_Glyph] = []
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


def _fold(row: list[_Glyph]) -> tuple[list[_Glyph], list[_Glyph]]:
    breaks = [place for place, glyph in enumerate(row, 1) if glyph.text.isspace()]
    place = breaks[-1] if breaks else len(row)
    return row[:place], row[place:]
