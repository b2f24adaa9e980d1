"""The layout of all tables, and cells colored by surprisal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnnrepl.render.text.colormap import level, level_styles, to_bits
from rnnrepl.results import Unit


def new_table(*, expand: bool = False) -> Table:
    """A table without columns: no lines, bold headings, two spaces between columns."""
    padding = (0, 2, 0, 0)
    return Table(box=None, padding=padding, header_style="bold", pad_edge=False, expand=expand)


def add_numbers(table: Table, *headers: str) -> None:
    """Adds columns of numbers: aligned to the right, never wrapped."""
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)


def surprisal_cell(surprisal: float, unit: Unit, console: Console) -> Text:
    """A surprisal with two decimals, in the color of its level."""
    styles = level_styles(console)
    return Text(f" {surprisal:.2f} ", styles[level(to_bits(surprisal, unit))] if styles else "")
