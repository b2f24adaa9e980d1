"""Gate saturation as a table: a row for each gate of each layer."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from rnnrepl.render.tables.cells import columns, numbers
from rnnrepl.results.inspection import GateSaturation


def gate_tables(gates: Iterable[GateSaturation]) -> Iterator[RenderableType]:
    """One table: means over units, and the unit that is closed and open for longest."""
    figures = numbers("closed", "open", "most closed", "most open")
    table, last = columns(">layer", "gate", *figures), None
    for last in gates:
        most = (_most(last.layer, shares) for shares in (last.units_closed, last.units_open))
        table.add_row(str(last.layer), last.gate, f"{last.closed:.1%}", f"{last.open:.1%}", *most)
    if last:
        yield table
        yield Text(
            "share of time below 0.1 (closed) and above 0.9 (open), mean over units\n"
            f"{last.tokens:,} tokens",
            "dim",
        )


def _most(layer: int, shares: Sequence[float]) -> str:
    share = max(shares)
    return f"{layer}:{shares.index(share)}  {share:6.1%}"
