"""Nearest places as a table: a row for each, the text before and after it side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.tables.cells import columns, numbers
from rnnrepl.results.inspection import NearestPlace

_OTHER_COLUMNS = 24  # width of the table without the text


def nearest_tables(places: Iterable[NearestPlace]) -> Iterator[RenderableType]:
    """One table, the nearest place first."""
    yield _Table(list(places))


@dataclass(frozen=True)
class _Table:
    """The places, with as much of the text around each as fits."""

    places: Sequence[NearestPlace]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(8, (options.max_width - _OTHER_COLUMNS) // 2)
        table = columns(*numbers("cosine", "position", "before"), "after")
        for place in self.places:
            before, after = _line(place.context), _line(place.following)
            while cell_len(before) > width:
                before = before[1:]
            while cell_len(after) > width:
                after = after[:-1]
            table.add_row(f"{place.similarity:.4f}", f"{place.position:,}", before, after)
        yield table


def _line(text: str) -> str:
    return sanitize(text.replace("\n", "⏎"), keep="")
