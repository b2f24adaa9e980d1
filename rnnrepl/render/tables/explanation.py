"""Explanations as tables: a row for each source, with its attribution as a bar to either side."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import columns, folded, numbers
from rnnrepl.render.text.explanation import question, sums
from rnnrepl.results.inspection import Explanation

_BAR = 12  # cells


def explanation_tables(records: Iterable[Explanation]) -> Iterator[RenderableType]:
    """A table for each explanation, below its question; below it the sums."""
    for record in records:
        largest = max((abs(source.attribution) for source in record.sources), default=0.0) or 1.0
        against = Column("against", width=_BAR, justify="right", no_wrap=True)
        speaks_for = Column("for", width=_BAR, no_wrap=True)
        table = columns(">t", folded("y<t>", 16), *numbers("nats"), against, speaks_for)
        for number, source in enumerate(record.sources, 1):
            length = abs(source.attribution) / largest * _BAR
            bars = ("", bar(length, _BAR)) if source.attribution >= 0 else ("█" * round(length), "")
            table.add_row(str(number), symbols(source.label), f"{source.attribution:+.4f}", *bars)
        yield Text(question(record))
        yield table
        yield Text(sums(record), "dim")
