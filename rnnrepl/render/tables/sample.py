"""A sample as a table: the probability of each token under the model and after the samplers."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import probability, sample_summary
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import bars, columns, folded, numbers, surprisal_cell
from rnnrepl.results.fields import NATS
from rnnrepl.results.samples import Sample

_BAR = 12  # cells, one a bit


def sample_table(sample: Sample, console: Console) -> Iterator[RenderableType]:
    """One row a token: P under the model, P after the samplers, surprisal in bits."""
    figures = numbers("P\nmodel", "P\nsampler", "surprisal\nbits")
    table = columns(">t", folded("y<t>", 16), *figures, bars(_BAR))
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
