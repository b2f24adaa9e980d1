"""Words and other spans as a table: the sum over the tokens of each."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import probability, wrapped_summary
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import bars, columns, folded, numbers, surprisal_cell
from rnnrepl.render.text.colormap import to_bits
from rnnrepl.results.fields import Unit
from rnnrepl.results.score_parts import SpanScore
from rnnrepl.results.scores import Score

_BAR = 24  # cells, one a bit


def span_table(score: Score, console: Console) -> Iterator[RenderableType]:
    """One row a span, with a bar or its predictors; below them the summary of the whole text."""
    figures = numbers("characters", "tokens", "P", f"surprisal\n{score.unit}")
    more = numbers("length", f"log frequency\n{score.unit}") if score.predictors else [bars(_BAR)]
    table = columns(">", folded(score.by or "", 24), *figures, *more)
    end = score.tokens[-1].label if score.eos and score.tokens else ""
    for number, span in enumerate(score.spans or (), 1):
        cells = _cells(span, end, score.unit, console)
        last = _predictors(span) if score.predictors else _bar(span, score.unit)
        table.add_row(str(number), *cells, *last)
    yield table
    yield Text(wrapped_summary(score, console.width, symbols(end)), "dim")


def _cells(span: SpanScore, end: str, unit: Unit, console: Console) -> tuple[str | Text, ...]:
    """`end` is the name of the end token, which has no text."""
    name = Text.assemble(symbols(span.text or end), (" unk" if span.unk else "", "italic"))
    characters = f"{span.start}–{span.end}"
    if span.surprisal is None:
        return name, characters, "0", "–", "– "
    return (
        name,
        characters,
        str(span.count),
        probability(span.surprisal, unit),
        surprisal_cell(span.surprisal, unit, console),
    )


def _bar(span: SpanScore, unit: Unit) -> tuple[str]:
    return ("" if span.surprisal is None else bar(to_bits(span.surprisal, unit), _BAR),)


def _predictors(span: SpanScore) -> tuple[str, str]:
    """Length and frequency; the other predictors are the number of the row, and the row before."""
    if not (predictors := span.predictors):
        return "", ""
    frequency = predictors.log_frequency
    return str(predictors.length), "–" if frequency is None else f"{frequency:.2f}"
