"""Activations as a table: a row for each token, a column for each unit."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType

from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import columns, folded
from rnnrepl.results.inspection import Activations


def activation_tables(records: Iterable[Activations]) -> Iterator[RenderableType]:
    """A table for each text."""
    for record in records:
        units = (f">{unit} {record.signal}" for unit in record.units)
        table = columns(">t", folded("token"), *units)
        for number, token in enumerate(record.tokens):
            values = (f"{values[number]:.4f}" for values in record.units.values())
            table.add_row(str(number + 1), symbols(token.label), *values)
        yield table
