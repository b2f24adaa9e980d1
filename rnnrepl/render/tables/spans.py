"""Words and other spans as a table: what each adds up to, and how many tokens it has."""

from dataclasses import dataclass
from itertools import count

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import probability, summary
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.text.colormap import bits, level, styles
from rnnrepl.results import Score, SpanScore

_BAR = 24  # cells, one a bit


@dataclass(frozen=True)
class Sums:
    """A score by its spans, one a row; below them the figures of the whole text."""

    score: Score

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        score = self.score
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
        table.add_column("", justify="right")
        table.add_column(score.by or "", max_width=24, overflow="fold")
        for name in ("characters", "tokens", "P", f"surprisal\n{score.unit}"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("", width=_BAR, no_wrap=True, style="dim")
        for number, span in zip(count(1), score.spans or (), strict=False):
            table.add_row(str(number), *self._cells(span, console))
        yield table
        yield Text(summary(score), "dim")

    def _cells(self, span: SpanScore, console: Console) -> tuple[str | Text, ...]:
        name = Text.assemble(symbols(span.text), (" unk" if span.unk else "", "italic"))
        place = f"{span.start}–{span.end}"
        if span.surprisal is None:
            return name, place, "0", "–", "– ", ""
        unit, palette = self.score.unit, styles(console)
        heat = bits(span.surprisal, unit)
        return (
            name,
            place,
            str(span.count),
            probability(span.surprisal, unit),
            Text(f" {span.surprisal:.2f} ", palette[level(heat)] if palette else ""),
            bar(heat, _BAR),
        )
