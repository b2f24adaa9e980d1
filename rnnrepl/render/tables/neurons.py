"""Units that respond to a feature, and linear probes, as tables."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.tables.cells import columns
from rnnrepl.results.inspection import LayerProbe, UnitResponse

_LEAST = 1e-300  # of the p-values that are shown; smaller ones end as 0


def unit_tables(units: Iterable[UnitResponse]) -> Iterator[RenderableType]:
    """One table, and below it the feature and the numbers of tokens."""
    names = (">signal", ">AUC", ">AUC (ranking half)", ">feature if value", ">p, corrected")
    table = columns("unit", *names)
    unit = None
    for unit in units:
        side = ">" if unit.direction == "above" else "<"
        auc, ranked, edge = (f"{x:.3f}" for x in (unit.auc, unit.auc_train, unit.threshold))
        p = f"{unit.p:.1e}" if unit.p >= _LEAST else f"<{_LEAST:.0e}"
        table.add_row(unit.unit, unit.signal, auc, ranked, f"{side} {edge}", p)
    if unit:
        yield table
        yield Text(
            f"feature: {sanitize(unit.target)}\n"
            f"{unit.positives:,} tokens with it, {unit.negatives:,} without, in the held-out half",
            "dim",
        )


def probe_tables(probes: Iterable[LayerProbe]) -> Iterator[RenderableType]:
    """One table."""
    names = ("layer", "signal", "probe", "best unit", "alone", "shuffled labels", "chance")
    table = columns(*(f">{name}" for name in names))
    for probe in probes:
        figures = (probe.accuracy, probe.best_unit_accuracy, probe.shuffled, probe.chance)
        whole, alone, shuffled, chance = (f"{figure:.3f}" for figure in figures)
        table.add_row(
            str(probe.layer), probe.signal, whole, probe.best_unit, alone, shuffled, chance
        )
    yield ""
    yield Text("Balanced accuracy of a linear probe on the tested half:", "dim")
    yield table
