"""Activations as heat maps: the text once for each unit, colored by the unit's value."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from math import tanh

from rich.text import Text

from rnnrepl.render.numbers import clamped
from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import symbols
from rnnrepl.render.text.segments import merged
from rnnrepl.render.text.values import (
    ValueLegend,
    ValueMap,
    ValuePart,
    legend_html,
    value_html,
)
from rnnrepl.results.inspection import Activations

_GATES = "iforz"


def draw_activations(records: Iterable[object], output: Output) -> None:
    """Draws one map for each unit, below a line with its name and range; then a legend."""
    console, last = output.console(), None
    for record in records:
        assert isinstance(record, Activations)
        if last is not None:
            console.print()
        last = record
        for unit, values in record.units.items():
            console.print(Text(_heading(record, unit, values), "dim"))
            console.print(ValueMap(record.text, list(_parts(record, values))))
            output.stdout.flush()
    if last is not None:
        console.print(ValueLegend(*_ends(last)))


def activations_html(record: Activations) -> str:
    """A fragment of HTML: a figure for each unit, with values on hover, and the colours."""
    figures = []
    for unit, values in record.units.items():
        caption = escape(_heading(record, unit, values))
        text = value_html(record.text, list(_parts(record, values)))
        figures.append(
            f"<figure>\n<figcaption>{caption}</figcaption>\n"
            f'<pre style="white-space: pre-wrap">\n{text}</pre>\n</figure>\n'
        )
    return "".join([*figures, legend_html(*_ends(record))])


def _heading(record: Activations, unit: str, values: Sequence[float]) -> str:
    low, high = min(values, default=0.0), max(values, default=0.0)
    clamps = f", {clamped(record.clamp)}" if record.clamp else ""
    return f"{unit} {record.signal}, from {low:.3f} to {high:.3f}{clamps}"


def _ends(record: Activations) -> tuple[str, str]:
    if record.signal in _GATES:
        return "closed (0)", "open (1)"
    return ("tanh(c) = -1", "1") if record.signal == "c" else ("-1", "1")


def _parts(record: Activations, values: Sequence[float]) -> Iterator[ValuePart]:
    """Tokens in one grapheme have the value after the last of them."""
    largest = max([1.0, *map(abs, values)])  # the output of a ReLU network is unbounded
    number = 0
    for tokens, end in merged(record.text, record.tokens):
        own = values[number : number + len(tokens)]
        number += len(tokens)
        pairs = zip(tokens, own, strict=True)
        title = "\n".join(f"{symbols(token.label)}: {value:.4f}" for token, value in pairs)
        yield ValuePart(tokens[0].start, end, _shown(record, own[-1], largest), title)


def _shown(record: Activations, value: float, largest: float) -> float:
    """The value on a scale from -1 to 1."""
    if record.signal == "c":
        return tanh(value)
    return 2 * value - 1 if record.signal in _GATES else value / largest
