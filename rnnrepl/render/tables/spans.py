"""Words and other spans as a table: the sum over the tokens of each."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import probability, wrapped_summary
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import new_table, surprisal_cell
from rnnrepl.render.text.colormap import to_bits
from rnnrepl.results import Score, SpanScore

_BAR = 24  # cells, one a bit


@dataclass(frozen=True)
class SpanTable:
    """One row a span; below them the summary of the whole text."""

    score: Score

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        score, table = self.score, new_table()
        table.add_column("", justify="right")
        table.add_column(score.by or "", max_width=24, overflow="fold")
        for name in ("characters", "tokens", "P", f"surprisal\n{score.unit}"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("", width=_BAR, no_wrap=True, style="dim")
        for number, span in enumerate(score.spans or (), 1):
            table.add_row(str(number), *self._cells(span, console))
        yield table
        yield Text(wrapped_summary(score, options.max_width), "dim")

    def _cells(self, span: SpanScore, console: Console) -> tuple[str | Text, ...]:
        name = Text.assemble(symbols(span.text), (" unk" if span.unk else "", "italic"))
        characters, unit = f"{span.start}–{span.end}", self.score.unit
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
