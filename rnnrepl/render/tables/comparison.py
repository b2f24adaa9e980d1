"""A comparison as a table: one row a part of the text, one column a model, the totals below."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from rnnrepl.render.numbers import format_number, probability
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.render.tables.cells import new_table, surprisal_cell
from rnnrepl.results import ComparedPart, Comparison


@dataclass(frozen=True)
class ComparisonTable:
    """Surprisals side by side, totals, and the posterior of each model."""

    comparison: Comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        comparison, table = self.comparison, new_table()
        table.add_column(comparison.unit, max_width=24, overflow="fold")
        for model in comparison.models:
            table.add_column(sanitize(model.model), justify="right", overflow="fold")
        for part in comparison.parts:
            table.add_row(symbols(part.text), *self._cells(part, console))
        table.add_row()
        for name, values in self._totals():
            table.add_row(Text(name, "bold"), *(f"{value} " for value in values))
        yield table
        yield Text(self._conclusion(), "dim")

    def _cells(self, part: ComparedPart, console: Console) -> Iterable[Text]:
        for surprisal, unk in zip(part.surprisals, part.unk, strict=True):
            if surprisal is None:
                yield Text("– ")
                continue
            mark = ("unk ", "italic") if unk else ""
            yield Text.assemble(mark, surprisal_cell(surprisal, self.comparison.unit, console))

    def _totals(self) -> Iterable[tuple[str, list[str]]]:
        models = self.comparison.models
        yield "sum", [format_number(model.total) for model in models]
        yield "bits/char", [format_number(model.bits_per_char) for model in models]
        yield "perplexity/word", [format_number(model.perplexity_per_word) for model in models]
        yield "unknown text", [f"{model.unknown:.0%}" for model in models]
        yield "posterior", [_posterior(model.posterior) for model in models]

    def _conclusion(self) -> str:
        best = max(self.comparison.models, key=lambda model: model.posterior)
        end = "end ¶ included" if self.comparison.eos else "no end"
        starts = ", ".join(dict.fromkeys(model.start for model in self.comparison.models))
        return (
            f"Most likely: {sanitize(best.model)}, posterior {_posterior(best.posterior)} with "
            f"equal priors\nstart {symbols(starts)}, {end}{self._spelling()}"
        )

    def _spelling(self) -> str:
        if not any(model.unk for model in self.comparison.models):
            return ""
        if self.comparison.spell:
            return f", unknown words spelled by {sanitize(self.comparison.spell)}"
        return "\nUnknown words cost only -log P(UNK): --spell CHARMODEL makes sums comparable."


def _posterior(posterior: float) -> str:
    return probability(-log(posterior), "nats") if posterior else "0"
