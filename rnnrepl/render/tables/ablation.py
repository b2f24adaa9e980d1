"""Ablations as a table: a row for each set of units, beside its controls."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.tables.cells import columns, folded
from rnnrepl.results.inspection import Ablation


def ablation_tables(ablations: Iterable[Ablation]) -> Iterator[RenderableType]:
    """One table, and below it what the controls are."""
    names = (">change", ">inside", ">outside", ">controls", ">percentile")
    table = columns(folded("units"), *names)
    last = None
    for last in ablations:
        shown = ", ".join(last.units[:8]) + (" ..." if len(last.units) > 8 else "")
        changes = map(_change, (last.change, last.inside, last.outside))
        place = "–" if last.percentile is None else f"{last.percentile:.0f}"
        table.add_row(shown, *changes, _range(last.controls), place)
    if last:
        yield table
        inside = "" if last.tokens_inside is None else f", {last.tokens_inside:,} of them inside"
        yield Text(
            f"nats per token, units set to {sanitize(last.to)}; {last.nats_per_token:.4f} with all "
            f"units\n{last.tokens:,} tokens{inside}",
            "dim",
        )


def _change(nats: float | None) -> str:
    return "–" if nats is None else f"{nats:+.4f}"


def _range(changes: Sequence[float]) -> str:
    return f"{min(changes):+.4f} to {max(changes):+.4f}" if changes else "–"
