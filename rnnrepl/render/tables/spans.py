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
from rnnrepl.results.scores import Score, SpanScore

_BAR = 24  # cells, one a bit


def span_table(score: Score, console: Console) -> Iterator[RenderableType]:
    """One row a span; below them the summary of the whole text."""
    figures = numbers("characters", "tokens", "P", f"surprisal\n{score.unit}")
    table = columns(">", folded(score.by or "", 24), *figures, bars(_BAR))
    for number, span in enumerate(score.spans or (), 1):
        table.add_row(str(number), *_cells(span, score.unit, console))
    yield table
    yield Text(wrapped_summary(score, console.width), "dim")


def _cells(span: SpanScore, unit: Unit, console: Console) -> tuple[str | Text, ...]:
    name = Text.assemble(symbols(span.text), (" unk" if span.unk else "", "italic"))
    characters = f"{span.start}–{span.end}"
    if span.surprisal is None:
        return name, characters, "0", "–", "– ", ""
    return (
        name,
        characters,
        str(span.count),
        probability(span.surprisal, unit),
        surprisal_cell(span.surprisal, unit, console),
        bar(to_bits(span.surprisal, unit), _BAR),
    )
