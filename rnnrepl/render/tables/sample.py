"""A sample as a table: the probability of each token under the model and after the samplers."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import probability, sample_summary
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import add_numbers, new_table, surprisal_cell
from rnnrepl.results import NATS, Sample

_BAR = 12  # cells, one a bit


def sample_table(sample: Sample, console: Console) -> Iterator[RenderableType]:
    """One row a token: P under the model, P after the samplers, surprisal in bits."""
    table = new_table()
    table.add_column("t", justify="right")
    table.add_column("y<t>", max_width=16, overflow="fold")
    add_numbers(table, "P\nmodel", "P\nsampler", "surprisal\nbits")
    table.add_column("", width=_BAR, no_wrap=True, style="dim")
    for t, token in enumerate(sample.tokens, 1):
        bits = -token.logprob / NATS["bits"]
        table.add_row(
            str(t),
            symbols(token.text),
            probability(-token.logprob, "nats"),
            probability(-token.sampled_logprob, "nats"),
            surprisal_cell(bits, "bits", console),
            bar(bits, _BAR),
        )
    yield table
    yield Text(sample_summary(sample), "dim")
