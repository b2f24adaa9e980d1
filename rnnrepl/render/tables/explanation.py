"""Explanations as tables: a row for each source, with its attribution as a bar to either side."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import add_numbers, new_table
from rnnrepl.render.text.explanation import question, sums
from rnnrepl.results import Explanation

_BAR = 12  # cells


def explanation_tables(records: Iterable[Explanation]) -> Iterator[RenderableType]:
    """A table for each explanation, below its question; below it the sums."""
    for record in records:
        largest = max((abs(source.attribution) for source in record.sources), default=0.0) or 1.0
        table = new_table()
        table.add_column("t", justify="right")
        table.add_column("y<t>", max_width=16, overflow="fold")
        add_numbers(table, "nats")
        table.add_column("against", width=_BAR, justify="right", no_wrap=True)
        table.add_column("for", width=_BAR, no_wrap=True)
        for number, source in enumerate(record.sources, 1):
            length = abs(source.attribution) / largest * _BAR
            bars = ("", bar(length, _BAR)) if source.attribution >= 0 else ("█" * round(length), "")
            table.add_row(str(number), symbols(source.text), f"{source.attribution:+.4f}", *bars)
        yield Text(question(record))
        yield table
        yield Text(sums(record), "dim")
