"""A continuation as a table: each token as likely as the model had it, and as it was drawn."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import drawn, probability
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.text.colormap import level, styles
from rnnrepl.results import NATS, Sample

_BAR = 12  # cells, one a bit


@dataclass(frozen=True)
class Drawn:
    """A sample token by token: P under the model, P after the samplers, surprisal in bits."""

    sample: Sample

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        palette = styles(console)
        table = _empty()
        for t, token in enumerate(self.sample.tokens, 1):
            bits = -token.logprob / NATS["bits"]
            table.add_row(
                str(t),
                symbols(token.text),
                probability(-token.logprob, "nats"),
                probability(-token.sampled_logprob, "nats"),
                Text(f" {bits:.2f} ", palette[level(bits)] if palette else ""),
                bar(bits, _BAR),
            )
        yield table
        yield Text(drawn(self.sample), "dim")


def _empty() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("t", justify="right")
    table.add_column("y<t>", max_width=16, overflow="fold")
    table.add_column("P under\nthe model", justify="right", no_wrap=True)
    table.add_column("P as it\nwas drawn", justify="right", no_wrap=True)
    table.add_column("surprisal\nbits", justify="right", no_wrap=True)
    table.add_column("", width=_BAR, no_wrap=True, style="dim")
    return table
