"""The layout of all tables, and cells colored by surprisal."""

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from rnnrepl.render.text.colormap import level, level_styles, to_bits
from rnnrepl.results import Unit


def new_table(*, expand: bool = False) -> Table:
    """A table without columns: no lines, bold headings, two spaces between columns."""
    padding = (0, 2, 0, 0)
    return Table(box=None, padding=padding, header_style="bold", pad_edge=False, expand=expand)


def columns(*names: str) -> Table:
    """A table with these columns; a leading `>` aligns a column to the right."""
    table = new_table()
    for name in names:
        justify: JustifyMethod = "right" if name.startswith(">") else "left"
        table.add_column(name.removeprefix(">"), justify=justify, overflow="fold")
    return table


def surprisal_cell(surprisal: float, unit: Unit, console: Console) -> Text:
    """A surprisal with two decimals, in the color of its level."""
    styles = level_styles(console)
    return Text(f" {surprisal:.2f} ", styles[level(to_bits(surprisal, unit))] if styles else "")
