"""Time steps in the notation of the theory: formulas, then each step with its numbers."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rnnrepl.render.bars import bar
from rnnrepl.render.numbers import layers
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.render.tables.cells import columns, numbers
from rnnrepl.results.steps import Matrix, SignalSummary, Steps, TimeStep, Vector

NUMBER, LABEL = 9, 8  # cells of a number of a vector, and of its name
_BAR = 20


def step_tables(steps: Steps, console: Console) -> Iterator[RenderableType]:
    """The formulas, with all weights if they are known; then each time step."""
    yield Text(f"{layers(steps.cell, steps.hidden)}  {sanitize(steps.model)}", "bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    for formula in steps.formulas:
        table.add_row(f"  {formula.symbol}<t>", f"= {formula.formula}")
    yield table
    width = console.width
    for name, weight in (steps.weights or {}).items():
        yield from _array(name.removeprefix("layers."), weight, width)
    if steps.initial == "learned":
        for name, vector in (steps.state or {}).items():
            symbol = name.removeprefix("layers.").replace("h", "a")
            yield from _array(f"{symbol}<0>", vector, width)
    product = 1.0
    for number, step in enumerate(steps.steps):
        yield ""
        yield _heading(steps, step)
        if step.vectors is None:
            yield _summaries(steps, step)
        else:
            yield from _vectors(steps, step, step.vectors, width)
        yield from _softmax(step)
        if number:
            chain = f"P(y<{steps.steps[0].t}>..y<{step.t}>)"
            after = product * step.y.p
            yield Text(f"  {chain} = {_p(product)} · {_p(step.y.p)} = {_p(after)}")
        product *= step.y.p


def _p(p: float) -> str:
    """A probability with four significant digits, so that a product can be checked."""
    return f"{p:#.4g}"


def _heading(steps: Steps, step: TimeStep) -> Text:
    t = step.t
    x = "0" if step.x is None else symbols(step.x)
    source = "" if t == 1 else f" = y<{t - 1}>"
    before = f"a<{t - 1}>"
    if t == 1 or (t == 2 and steps.start == "none"):
        before += " = 0" if steps.initial == "zero" else " (learned)"
    return Text.assemble((f"t = {t}", "bold"), f"   x<{t}>{source} = {x}   {before}")


def _symbols(steps: Steps) -> dict[str, str]:
    """The symbol of each signal."""
    return {formula.signal: formula.symbol for formula in steps.formulas if formula.signal}


def _summaries(steps: Steps, step: TimeStep) -> Table:
    figures, names = numbers("mean", "min", "max", "norm", "closed", "open"), _symbols(steps)
    table = columns(*numbers("layer"), "", *figures)
    for layer, summaries in enumerate(step.layers):
        for number, (signal, summary) in enumerate(summaries.items()):
            where = "" if number else str(layer)
            table.add_row(where, f"{names[signal]}<{step.t}>", *_figures(summary))
    return table


def _figures(summary: SignalSummary) -> Iterator[str]:
    for value in (summary.mean, summary.min, summary.max, summary.norm):
        yield f"{value:.3f}"
    for share in (summary.closed, summary.open):
        yield "" if share is None else f"{share:.0%}"


def _vectors(
    steps: Steps, step: TimeStep, vectors: Mapping[str, Vector], width: int
) -> Iterator[Text]:
    """Each vector of the step, in the order of the formulas."""
    names = _symbols(steps)
    for layer in range(len(steps.hidden)):
        if len(steps.hidden) > 1:
            yield Text(f"layer {layer}", "dim")
        for signal, symbol in names.items():
            if (vector := vectors.get(f"layers.{layer}.{signal}")) is not None:
                yield from _array(f"{symbol}<{step.t}>", vector, width)
    tokens = [symbols(token) for token in steps.tokens or ()]
    for signal in ("output", "logits", "p"):
        if signal in names:
            header = () if signal == "output" else tokens
            yield from _array(f"{names[signal]}<{step.t}>", vectors[signal], width, header)


def _softmax(step: TimeStep) -> Iterator[RenderableType]:
    t, y = step.t, step.y
    table = Table.grid(padding=(0, 2, 0, 0))
    for number, token in enumerate(step.top):
        name = f"  ŷ<{t}>" if not number else ""
        cells = (symbols(token.text), f"z {token.logit:.3f}", f"{token.p:.4f}")
        table.add_row(name, *cells, bar(token.p * _BAR, _BAR))
    yield table
    yield Text(
        f"  P(y<{t}> = {symbols(y.text)}) = e^{y.logit:.3f} / sum(e^z<{t}>) "
        f"= e^({y.logit:.3f} - {step.log_z:.3f}) = {_p(y.p)}"
    )


def _array(
    name: str, values: Vector | Matrix, width: int, header: Sequence[str] = ()
) -> Iterator[Text]:
    """A vector or matrix by rows; a row that is too long goes on below itself."""
    fits = max(1, (width - LABEL) // NUMBER)
    for index, row in enumerate(np.atleast_2d(values)):
        for start in range(0, len(row), fits):
            label = name if not index and not start else ""
            label += " " * (LABEL - cell_len(label))
            if names := header[start : start + fits]:
                padded = (" " * (NUMBER - cell_len(name)) + name for name in names)
                yield Text(" " * LABEL + "".join(padded), "dim")
            shown = (f"{value:{NUMBER}.3f}" for value in row[start : start + fits])
            yield Text(label + "".join(shown))
