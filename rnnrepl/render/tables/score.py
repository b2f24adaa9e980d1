"""The lecture's chain as a table: P(y<t> | y<1>..y<t-1>) row by row, and their product."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import BASE, LOGARITHM, figure, probability, scientific, share, summary
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.text.colormap import bits, level, styles
from rnnrepl.results import Alternative, Score, TokenScore, Unit

_BAR = 12  # cells, one a bit
_ROOM = 74  # columns the table takes, bars in and alternatives out


@dataclass(frozen=True)
class Chain:
    """A score as the chain rule has it: one factor a row, below them the product and its log."""

    score: Score

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        score, palette = self.score, styles(console)
        top = any(token.top for token in score.tokens)
        bars = not top or options.max_width >= _ROOM + 36
        table = _empty(score.unit, bars, top)
        for t, token in zip(count(1), score.tokens, strict=False):
            heat = bits(token.surprisal, score.unit)
            cells: list[RenderableType] = [
                str(t),
                _name(token, score.text),
                probability(token.surprisal, score.unit),
                Text(f" {token.surprisal:.2f} ", palette[level(heat)] if palette else ""),
                *([bar(heat, _BAR)] if bars else []),
                f"{token.rank:,}",
                f"{token.entropy:.2f}",
                *([_alternatives(token.top, score.unit)] if top else []),
            ]
            table.add_row(*cells)
        yield table
        if score.tokens:
            yield Text(_product(score))
        yield Text(summary(score), "dim")


def _empty(unit: Unit, bars: bool, top: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("t", justify="right")
    table.add_column("y<t>", max_width=16, overflow="fold")
    table.add_column("P(y<t> |\n y<1>..y<t-1>)", justify="right", no_wrap=True)
    table.add_column(f"surprisal\n{unit}", justify="right", no_wrap=True)
    if bars:
        table.add_column("", width=_BAR, no_wrap=True, style="dim")
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column(f"entropy\n{unit}", justify="right", no_wrap=True)
    if top:
        table.add_column("likeliest")
    return table


def _name(token: TokenScore, text: str) -> Text:
    """A token as the vocabulary has it; an unknown one after what was typed."""
    if token.unk:
        typed = symbols(text[token.start : token.end])
        return Text.assemble(typed, (" → unk", "italic"))
    return Text(symbols(token.text))


def _alternatives(top: Sequence[Alternative], unit: Unit) -> str:
    return "  ".join(f"{symbols(one.text)}={share(one.surprisal, unit)}" for one in top)


def _product(score: Score) -> str:
    """P(y<1>..y<T>) as a power, and its logarithm as the sum of the rows."""
    last = len(score.tokens)
    name = "P(y<1>)" if last == 1 else f"P(y<1>..y<{last}>)"
    power = f"{BASE[score.unit]}^-{score.total:.2f}"
    terms = [f"{token.surprisal:.2f}" for token in score.tokens]
    if last > 8:
        terms[5:-2] = ["…"]
    return (
        f"{name} = {power} = {scientific(score.total, score.unit)}\n"
        f"-{LOGARITHM[score.unit]} P = {' + '.join(terms)} = {figure(score.total)} {score.unit}"
    )
