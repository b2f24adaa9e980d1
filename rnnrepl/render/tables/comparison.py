"""A comparison as a table: a row a part of the text, a column a model, the figures below."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from rnnrepl.render.numbers import figure, probability
from rnnrepl.render.sanitize import symbols, visible
from rnnrepl.render.text.colormap import bits, level, styles
from rnnrepl.results import ComparedPart, Comparison


@dataclass(frozen=True)
class Versus:
    """A comparison: surprisals side by side, totals, and the posterior in a sentence."""

    comparison: Comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        one = self.comparison
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
        table.add_column(one.unit, max_width=24, overflow="fold")
        for model in one.models:
            table.add_column(visible(model.model), justify="right", overflow="fold")
        for part in one.parts:
            table.add_row(symbols(part.text), *self._cells(part, console))
        table.add_row()
        for name, values in self._figures():
            table.add_row(Text(name, "bold"), *(f"{value} " for value in values))
        yield table
        yield Text(self._verdict(), "dim")

    def _cells(self, part: ComparedPart, console: Console) -> Iterable[Text]:
        palette = styles(console)
        for surprisal, unk in zip(part.surprisals, part.unk, strict=True):
            mark = ("unk ", "italic") if unk else ""
            if surprisal is None:
                yield Text("– ")
                continue
            heat = palette[level(bits(surprisal, self.comparison.unit))] if palette else ""
            yield Text.assemble(mark, (f" {surprisal:.2f} ", heat))

    def _figures(self) -> Iterable[tuple[str, list[str]]]:
        models = self.comparison.models
        yield "sum", [figure(model.total) for model in models]
        yield "bits/char", [figure(model.bits_per_char) for model in models]
        yield "perplexity/word", [figure(model.perplexity_per_word) for model in models]
        yield "unknown text", [f"{model.unknown:.0%}" for model in models]
        yield "posterior", [_share(model.posterior) for model in models]

    def _verdict(self) -> str:
        best = max(self.comparison.models, key=lambda model: model.posterior)
        end = "end ¶ included" if self.comparison.eos else "no end"
        starts = ", ".join(dict.fromkeys(model.start for model in self.comparison.models))
        return (
            f"{visible(best.model)} finds it likeliest: posterior {_share(best.posterior)} under "
            f"equal priors\nstart {symbols(starts)}, {end}{self._spelling()}"
        )

    def _spelling(self) -> str:
        if not any(model.unk for model in self.comparison.models):
            return ""
        if self.comparison.spell:
            return f", unknown words spelled by {visible(self.comparison.spell)}"
        return "\nUnknown words cost only -log P(UNK): --spell CHARMODEL makes sums comparable."


def _share(posterior: float) -> str:
    return probability(-log(posterior), "nats") if posterior else "0"
