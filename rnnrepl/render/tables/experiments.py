"""Tables of experiments on sentences: minimal pairs, test suites, continuations, classes."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from textwrap import wrap
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import count, p_value, probability
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.render.tables.cells import FittedTable, columns
from rnnrepl.results.experiments import (
    Classification,
    ClassifiedText,
    Continuation,
    PairAccuracy,
    PairDifference,
    RegionScore,
    SuiteAccuracy,
)

_NAME, _SHORT = 30, 10  # widths of a name in the first column, of one over a column
_BAR = 20


def pair_accuracies(accuracies: Iterable[PairAccuracy]) -> Iterator[RenderableType]:
    """One row a group and model; with several models columns are left out on a narrow screen."""
    rows = list(accuracies)
    several = len({row.model for row in rows}) > 1
    names = [">pairs", ">%", ">95 %", ">unknown", ">% known", ">ties"]
    table = columns("group", *(["model"] if several else []), *names)
    for row in rows:
        known = row.accuracy_known
        figures = [f"{row.pairs:,}", *_accuracy(row), f"{row.unk:.0%}"]
        figures += ["–" if known is None else f"{100 * known:.1f}", f"{row.ties:,}"]
        if several:
            figures.insert(0, _broken(row.model, 2 * _SHORT))
        style = "bold" if row.group == "all" else ""
        table.add_row(_broken(row.group, _NAME - _SHORT * several), *figures, style=style)
    yield FittedTable(table, ("ties", "% known", "pairs")) if several else table


def pair_differences(differences: Iterable[PairDifference]) -> Iterator[RenderableType]:
    """One row a group."""
    rows = list(differences)
    yield ""
    table = columns("group", ">pairs", ">difference", ">better", ">worse", ">p")
    for row in rows:
        figures = (f"{100 * row.difference:+.1f}", f"{row.better:,}", f"{row.worse:,}")
        table.add_row(_broken(row.group, _NAME), f"{row.pairs:,}", *figures, p_value(row.p))
    yield table
    first, other = sanitize(rows[0].model), sanitize(rows[0].other)
    yield Text(f"{first} minus {other}, in points; exact McNemar test", "dim")


def region_means(regions: Iterable[RegionScore]) -> Iterator[RenderableType]:
    """The mean sum of each region in each condition, if the regions are of a single suite."""
    sums: dict[tuple[int, str], dict[str, tuple[float, int]]] = {}
    conditions, names = dict[str, None](), set[str]()
    for region in regions:
        names.add(region.suite)
        conditions[region.condition] = None
        row = sums.setdefault((region.region_number, region.region), {})
        total, items = row.get(region.condition, (0.0, 0))
        row[region.condition] = total + region.surprisal, items + 1
    if len(names) > 1:
        return
    table = columns(">", "region", *(f">{_broken(name, _SHORT)}" for name in conditions))
    for (number, name), row in sums.items():
        figures = [_mean(*row[c]) if c in row else "–" for c in conditions]
        table.add_row(str(number), _broken(name, 2 * _SHORT), *figures)
    yield table
    yield Text("sum over the region, mean over the items, in bits", "dim")
    yield ""


def suite_accuracies(accuracies: Iterable[SuiteAccuracy]) -> Iterator[RenderableType]:
    """One row a prediction; for a single suite the formulas below."""
    rows = list(accuracies)
    sums = all(row.metric == "sum" for row in rows)
    names = ["suite", *([] if sums else ["metric"]), ">prediction", ">items", ">%", ">95 %"]
    table = columns(*names, ">unknown")
    for row in rows:
        name = [_broken(row.suite, _NAME), *([] if sums else [row.metric]), str(row.prediction)]
        table.add_row(*name, f"{row.items:,}", *_accuracy(row), f"{row.items_unk:,}")
    yield table
    if len({row.suite for row in rows}) == 1:
        for number, formula in {row.prediction: row.formula for row in rows}.items():
            yield Text(f"{number}  {sanitize(formula)}", "dim")


def continuations(records: Iterable[Continuation]) -> Iterator[RenderableType]:
    """A table for each context, the likeliest candidate first."""
    for number, (_, group) in enumerate(groupby(records, lambda record: record.context_id)):
        rows = list(group)
        if number:
            yield ""
        if rows[0].context:
            yield Text(symbols(rows[0].context), "dim")
        table = columns(">rank", "continuation", ">P", f">{rows[0].unit}", ">share", "")
        for row in rows:
            name = Text.assemble(symbols(row.candidate), (" unk" if row.unk else "", "italic"))
            figures = (probability(row.surprisal, row.unit), f"{row.surprisal:.2f}")
            length = bar(row.share * _BAR, _BAR)
            table.add_row(str(row.rank), name, *figures, f"{row.share:.4f}", length)
        yield table
        yield Text(f"end of the continuation {'' if rows[0].close else 'not '}charged", "dim")


def classified_texts(texts: Iterable[ClassifiedText]) -> Iterator[RenderableType]:
    """One line a text, as it comes: the class, its probability, and a wrong class's label."""
    for text in texts:
        width = max(map(len, text.posterior))
        wrong = text.label is not None and text.label != text.predicted
        yield _line(
            (f"{sanitize(text.predicted):<{width}}", "bold"),
            f"  {text.posterior[text.predicted]:.4f}  ",
            (f"not {sanitize(text.label or '')}  ", "red") if wrong else "",
            sanitize(text.text, keep=""),
        )


def classifications(results: Iterable[Classification]) -> Iterator[RenderableType]:
    """The figures, the confusion matrix, and the extreme texts."""
    for result in results:
        interval = f"{100 * result.low:.1f} to {100 * result.high:.1f}"
        priors = ", ".join(f"{sanitize(name)} {p:.3g}" for name, p in result.priors.items())
        yield ""
        yield Text(f"accuracy {100 * result.accuracy:.1f} %, 95 % interval {interval}", "bold")
        yield Text(f"{count(result.texts, 'text')} with labels · priors {priors}")
        yield Text(f"expected calibration error {result.ece:.4f}")
        yield ""
        yield _confusion(result.confusion)
        for title, texts in (("surest", result.surest), ("least sure", result.least_sure)):
            yield Text(f"\n{title}", "bold")
            yield from map(_example, texts)


def _confusion(confusion: Mapping[str, Mapping[str, int]]) -> Table:
    table = columns("label \\ predicted", *(f">{_broken(name, _SHORT)}" for name in confusion))
    for label, row in confusion.items():
        table.add_row(sanitize(label), *(f"{number:,}" for number in row.values()))
    return table


def _example(text: Mapping[str, Any]) -> Group:
    label = "" if text["label"] == text["predicted"] else f" (not {sanitize(text['label'])})"
    head = f"  {text['p']:.4f}  {sanitize(text['predicted'])}{label}  "
    return _line(head, sanitize(text["text"], keep=""))


def _line(*parts: str | tuple[str, str]) -> Group:
    """One line, cut at the edge of the screen; outside a group rich would wrap it."""
    return Group(Text.assemble(*parts, no_wrap=True, overflow="ellipsis"))


def _accuracy(row: PairAccuracy | SuiteAccuracy) -> tuple[str, str]:
    return f"{100 * row.accuracy:.1f}", f"{100 * row.low:.1f}–{100 * row.high:.1f}"


def _mean(total: float, items: int) -> str:
    return f"{total / items:.2f}"


def _broken(name: str, width: int) -> str:
    """A name in lines of a width, broken after underscores and hyphens."""
    if len(name) <= width:
        return sanitize(name)
    lines = wrap(sanitize(name).replace(" ", "\0").replace("_", "_ ").replace("-", "- "), width)
    return "\n".join(line.replace(" ", "").replace("\0", " ") for line in lines)
