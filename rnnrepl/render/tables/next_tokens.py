"""The distribution of the next token as a bar chart, the likeliest token first."""

from collections.abc import Iterator
from math import exp, inf, log

from rich.console import Console, RenderableType
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import format_number, probability
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import bars, columns, folded, numbers, surprisal_cell
from rnnrepl.results.fields import NATS
from rnnrepl.results.scores import Prediction

_OTHER_COLUMNS = 45  # width of the table without its bars


def next_token_table(prediction: Prediction, console: Console) -> Iterator[RenderableType]:
    """One row a token with a bar proportional to P; below them a row for all other tokens."""
    unit = prediction.unit
    width = max(10, min(60, console.width - _OTHER_COLUMNS))
    table = columns(">rank", folded("y<t>", 16), *numbers("P", unit), bars(width, ""))
    for rank, token in enumerate(prediction.tokens, 1):
        table.add_row(
            str(rank),
            symbols(token.text),
            probability(token.surprisal, unit),
            surprisal_cell(token.surprisal, unit, console),
            bar(exp(-token.surprisal * NATS[unit]) * width, width),
        )
    if others := prediction.vocabulary - len(prediction.tokens):
        p = probability(-log(prediction.rest) if prediction.rest else inf, "nats")
        length = bar(prediction.rest * width, width)
        table.add_row("", f"{others:,} more", p, "", length, style="dim")
    yield table
    entropy = f"entropy {format_number(prediction.entropy)} {unit}"
    choices = format_number(exp(prediction.entropy * NATS[unit]))
    yield Text(f"{entropy}, equivalent to {choices} equally likely tokens", "dim")
