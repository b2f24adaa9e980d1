"""The distribution of the next token as bars, the likeliest on top."""

from dataclasses import dataclass
from itertools import count
from math import exp, inf, log

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import figure, probability
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.text.colormap import bits, level, styles
from rnnrepl.results import NATS, NextToken, Prediction

_ROOM = 45  # columns of all but the bar


@dataclass(frozen=True)
class Ladder:
    """A prediction: a row a token, its bar as long as it is likely; below them the others."""

    prediction: Prediction

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        one = self.prediction
        size = max(10, min(60, options.max_width - _ROOM))
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
        table.add_column("rank", justify="right")
        table.add_column("y<t>", max_width=16, overflow="fold")
        table.add_column("P", justify="right", no_wrap=True)
        table.add_column(one.unit, justify="right", no_wrap=True)
        table.add_column("", width=size, no_wrap=True)
        for rank, token in zip(count(1), one.tokens, strict=False):
            table.add_row(str(rank), *self._cells(token, size, console))
        if others := one.vocabulary - len(one.tokens):
            rest = -log(one.rest) if one.rest else inf
            share = probability(rest, "nats")
            length = bar(one.rest * size, size)
            table.add_row("", f"{others:,} more", share, "", length, style="dim")
        yield table
        choices = figure(exp(one.entropy * NATS[one.unit]))
        entropy = f"entropy {figure(one.entropy)} {one.unit}"
        yield Text(f"{entropy}, as of {choices} equally likely tokens", "dim")

    def _cells(self, token: NextToken, size: int, console: Console) -> tuple[str | Text, ...]:
        unit, palette = self.prediction.unit, styles(console)
        style = palette[level(bits(token.surprisal, unit))] if palette else ""
        share = exp(-token.surprisal * NATS[unit])
        return (
            symbols(token.text),
            probability(token.surprisal, unit),
            Text(f" {token.surprisal:.2f} ", style),
            bar(share * size, size),
        )
