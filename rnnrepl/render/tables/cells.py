"""The layout of all tables, and cells colored by surprisal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from rnnrepl.render.text.colormap import LEVELS, level, to_bits
from rnnrepl.results.fields import Unit


def columns(*headers: str | Column, expand: bool = False) -> Table:
    """A table with these columns: no lines, bold headings, two spaces between columns.

    A leading `>` aligns a column to the right.
    """
    padding = (0, 2, 0, 0)
    return Table(
        *map(_column, headers),
        box=None,
        padding=padding,
        header_style="bold",
        pad_edge=False,
        expand=expand,
    )


def _column(header: str | Column) -> Column:
    if isinstance(header, Column):
        return header
    justify: JustifyMethod = "right" if header.startswith(">") else "left"
    return Column(header.removeprefix(">"), justify=justify)


def numbers(*headers: str) -> Iterator[Column]:
    """Columns of numbers: aligned to the right, never wrapped."""
    return (Column(header, justify="right", no_wrap=True) for header in headers)


def folded(header: str, width: int | None = None) -> Column:
    """A column of text, of at most `width` cells, in which long words are broken."""
    return Column(header, max_width=width, overflow="fold")


def bars(width: int, style: str = "dim") -> Column:
    """A column of bars."""
    return Column(width=width, no_wrap=True, style=style)


@dataclass(frozen=True)
class FittedTable:
    """A table that leaves out columns, in the order of `drop`, until it fits the screen.

    Its cells have one line. Long names in the first column are shortened before a column is left
    out, and the last column is shortened where that is not enough.
    """

    table: Table
    drop: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.update(max_width=_ANY)

        def room() -> int:
            return options.max_width - Measurement.get(console, wide, self.table).maximum

        for column in self.table.columns:
            column.no_wrap = True
        share = options.max_width * 3 // 10
        if room() < 0:
            self.table.columns[0].max_width = share
        for name in self.drop:
            if room() >= 0:
                break
            kept = (column for column in self.table.columns if column.header != name)
            self.table.columns = [replace(column, _index=n) for n, column in enumerate(kept)]
        if room() < 0:
            self.table.columns[-1].max_width = share
        for column in (self.table.columns[-1], self.table.columns[0]):
            if column.max_width is not None:
                column.max_width += max(room(), 0)
        yield self.table


_ANY = 10_000  # columns, more than any table has


def surprisal_cell(surprisal: float, unit: Unit, console: Console) -> Text:
    """A surprisal with two decimals, in the color of its level."""
    styles = LEVELS.styles(console)
    return Text(f" {surprisal:.2f} ", styles[level(to_bits(surprisal, unit))] if styles else "")
