"""A sample as a table: the probability of each token under the model and after the samplers."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import probability, sample_summary
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import new_table, surprisal_cell
from rnnrepl.results import NATS, Sample

_BAR = 12  # cells, one a bit


@dataclass(frozen=True)
class SampleTable:
    """One row a token: P under the model, P after the samplers, surprisal in bits."""

    sample: Sample

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = new_table()
        table.add_column("t", justify="right")
        table.add_column("y<t>", max_width=16, overflow="fold")
        table.add_column("P\nmodel", justify="right", no_wrap=True)
        table.add_column("P\nsampler", justify="right", no_wrap=True)
        table.add_column("surprisal\nbits", justify="right", no_wrap=True)
        table.add_column("", width=_BAR, no_wrap=True, style="dim")
        for t, token in enumerate(self.sample.tokens, 1):
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
        yield Text(sample_summary(self.sample), "dim")
