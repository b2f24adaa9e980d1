"""A score as a table: P(y<t> | y<1>..y<t-1>) row by row, and their product by the chain rule."""

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import (
    BASE,
    LOGARITHM,
    format_number,
    probability,
    scientific,
    short_probability,
    wrapped_summary,
)
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.tables.cells import bars, columns, folded, numbers, surprisal_cell
from rnnrepl.render.tables.spans import span_table
from rnnrepl.render.text.colormap import to_bits
from rnnrepl.render.text.text_lines import text_lines as text_lines
from rnnrepl.results.fields import Unit
from rnnrepl.results.score_parts import Alternative, TokenScore
from rnnrepl.results.scores import Score

_BAR = 12  # cells, one a bit
_WIDE = 110  # columns from which bars and alternatives both fit


def score_table(score: Score, console: Console) -> Iterator[RenderableType]:
    """One row a factor of the chain rule; below them the product and its logarithm.

    A score with spans has a row a span instead.
    """
    if score.spans is not None:
        yield from span_table(score, console)
        return
    top = any(token.top for token in score.tokens)
    barred = not top or console.width >= _WIDE
    table = columns(
        ">t",
        folded("y<t>", 16),
        *numbers("P(y<t> |\n y<1>..y<t-1>)", f"surprisal\n{score.unit}"),
        *([bars(_BAR)] if barred else []),
        *numbers("rank", f"entropy\n{score.unit}"),
        *(["likeliest"] if top else []),
    )
    for t, token in enumerate(score.tokens, 1):
        name, surprisal = _name(token, score.text), token.surprisal
        if surprisal is None:  # a first token that the model does not predict
            table.add_row(str(t), name, "–", "– ")
            continue
        cells: list[RenderableType] = [
            str(t),
            name,
            probability(surprisal, score.unit),
            surprisal_cell(surprisal, score.unit, console),
            *([bar(to_bits(surprisal, score.unit), _BAR)] if barred else []),
            f"{token.rank:,}",
            f"{token.entropy:.2f}",
            *([_alternatives(token.top, score.unit)] if top else []),
        ]
        table.add_row(*cells)
    yield table
    if score.tokens:
        yield Text(_product(score))
    end = symbols(score.tokens[-1].label) if score.eos else ""
    yield Text(wrapped_summary(score, console.width, end), "dim")


def _name(token: TokenScore, text: str) -> Text:
    """A token of the vocabulary, or the text of an unknown one."""
    if token.unk:
        typed = symbols(text[token.start : token.end])
        return Text.assemble(typed, (" → unk", "italic"))
    return Text(symbols(token.label))


def _alternatives(top: Sequence[Alternative], unit: Unit) -> str:
    return "  ".join(
        f"{symbols(token.text)}={short_probability(token.surprisal, unit)}" for token in top
    )


def _product(score: Score) -> str:
    """P(y<1>..y<T>) as a power, and its logarithm as the sum of the rows."""
    last = len(score.tokens)
    name = "P(y<1>)" if last == 1 else f"P(y<1>..y<{last}>)"
    power = f"{BASE[score.unit]}^-{score.total:.2f}"
    terms = [f"{t.surprisal:.2f}" for t in score.tokens if t.surprisal is not None]
    if last > 8:
        terms[5:-2] = ["…"]
    total = f"{format_number(score.total)} {score.unit}"
    return (
        f"{name} = {power} = {scientific(score.total, score.unit)}\n"
        f"-{LOGARITHM[score.unit]} P = {' + '.join(terms)} = {total}"
    )
