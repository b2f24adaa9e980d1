"""A comparison as a table: one row a part of the text, one column a model, the totals below."""

from collections.abc import Iterator, Sequence
from math import log
from textwrap import wrap

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Column
from rich.text import Text

from rnnrepl.render.numbers import count, format_number, p_value, probability
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.render.tables.cells import columns, folded, numbers, surprisal_cell
from rnnrepl.results.comparisons import ComparedModel, ComparedPart, Comparison, ComparisonSummary
from rnnrepl.results.fields import Unit


def comparison_table(comparison: Comparison, console: Console) -> Iterator[RenderableType]:
    """Surprisals side by side, totals, and the posterior of each model.

    Models that do not fit beside each other come in blocks below each other.
    """
    labels = [symbols(part.text) for part in comparison.parts]
    totals = dict(_totals(comparison.models))
    rows = [list(_cells(part, comparison.unit, console)) for part in comparison.parts]
    rows += [[_uncut(Text(f"{value} ")) for value in values] for values in totals.values()]
    label = max(map(len, totals))
    names = [sanitize(model.model) for model in comparison.models]
    if sum(cell_len(f"{name}  ") for name in names) + label > console.width:
        names = [_at_hyphens(name) for name in names]
    widths = [
        max(*(cell_len(row[k].plain) for row in rows), *map(cell_len, names[k].split("\n")))
        for k in range(len(names))
    ]
    room = max(console.width - label - _GAP, 1)
    widths = [min(width, room) for width in widths]
    for block in _blocks(widths, room):
        if block.start:
            yield ""
        parts = Column(comparison.unit, min_width=label, max_width=24, overflow="fold")
        table = columns(parts, *(_model_column(names[k], widths[k]) for k in block))
        for row, name in zip(rows, [*labels, *totals], strict=True):
            if row is rows[len(labels)]:
                table.add_row()
            table.add_row(Text(name, "bold" if name in totals else ""), *(row[k] for k in block))
        yield table
    yield Text(_conclusion(comparison), "dim")


def _model_column(name: str, width: int) -> Column:
    return Column(name, justify="right", overflow="fold", min_width=width, max_width=width)


_GAP = 2  # between two columns


def _blocks(widths: Sequence[int], room: int) -> Iterator[range]:
    """Consecutive columns that fit in `room` with the gaps between them, at least one each."""
    first, used = 0, 0
    for k, width in enumerate(widths):
        if k > first and used + width > room:
            yield range(first, k)
            first, used = k, 0
        used += width + _GAP
    yield range(first, len(widths))


def summary_table(summary: ComparisonSummary, console: Console) -> Iterator[RenderableType]:
    """The totals of all texts, a row a model, and the differences to the first one."""
    yield Text(f"\n{count(summary.texts, 'text')}", "bold")
    table = columns(folded("model"), *numbers(summary.unit, "bits/char", "unknown text", "best"))
    for model in summary.models:
        totals = format_number(model.total), format_number(model.bits_per_char)
        table.add_row(sanitize(model.model), *totals, f"{model.unknown:.0%}", f"{model.best:,}")
    yield table
    yield ""
    table = columns(folded("difference a text"), *numbers("mean", "95 %", "p"))
    for pair in summary.differences:
        name = f"{sanitize(pair.model)} minus {sanitize(pair.other)}"
        interval = f"{pair.low:+.3f} to {pair.high:+.3f}"
        table.add_row(name, f"{pair.mean:+.3f}", interval, p_value(pair.p))
    yield table
    drawn = f"{summary.resamples:,} resamples, seed {summary.seed}"
    yield Text(f"in {summary.unit}; paired bootstrap, sign permutation; {drawn}", "dim")


def _at_hyphens(name: str) -> str:
    """Breaks a name after hyphens, into lines as wide as its longest part."""
    return "\n".join(wrap(name, max(len(f"{part}-") for part in name.split("-"))))


def _cells(part: ComparedPart, unit: Unit, console: Console) -> Iterator[Text]:
    for surprisal, unk in zip(part.surprisals, part.unk, strict=True):
        if surprisal is None:
            yield Text("– ")
            continue
        mark = ("unk ", "italic") if unk else ""
        yield _uncut(Text.assemble(mark, surprisal_cell(surprisal, unit, console)))


def _uncut(number: Text) -> Text:
    """A number that ends with an ellipsis where it does not fit."""
    number.no_wrap, number.overflow = True, "ellipsis"
    return number


def _totals(models: Sequence[ComparedModel]) -> Iterator[tuple[str, list[str]]]:
    yield "sum", [format_number(model.total) for model in models]
    yield "bits/char", [format_number(model.bits_per_char) for model in models]
    yield "perplexity/word", [format_number(model.perplexity_per_word) for model in models]
    yield "unknown text", [f"{model.unknown:.0%}" for model in models]
    yield "posterior", [_posterior(model.posterior) for model in models]


def _conclusion(comparison: Comparison) -> str:
    posterior = max(model.posterior for model in comparison.models)
    best = [sanitize(m.model) for m in comparison.models if m.posterior == posterior]
    most = f"Most likely: {best[0]}" if len(best) == 1 else f"Equally likely: {' and '.join(best)}"
    end = "end ¶ included" if comparison.eos else "no end"
    starts = ", ".join(dict.fromkeys(model.start for model in comparison.models))
    return (
        f"{most}, posterior {_posterior(posterior)} with equal priors\n"
        f"start {symbols(starts)}, {end}{_spelling(comparison)}"
    )


def _spelling(comparison: Comparison) -> str:
    if not any(model.unk for model in comparison.models):
        return ""
    if comparison.spell:
        return f", unknown words spelled by {sanitize(comparison.spell)}"
    return "\nUnknown words cost only -log P(UNK): --spell CHARMODEL makes sums comparable."


def _posterior(posterior: float) -> str:
    return probability(-log(posterior), "nats") if posterior else "0"
