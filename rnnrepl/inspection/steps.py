"""Time steps as the theory draws them: x<t>, gates, a<t>, logits, softmax.

A text y<1>..y<T> is read as x<1> = 0, x<t> = y<t-1>, from a<0> = 0; step t predicts y<t>. a<t> is
the output h of a layer, and c<t> the cell of an LSTM.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.inspection.gates import CLOSED, GATES, OPEN
from rnnrepl.results.steps import (
    Formula,
    Matrix,
    SignalSummary,
    Steps,
    TimeStep,
    TokenLogit,
    Vector,
)
from rnnrepl.rnn import signals
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.rnn.network import NO_TOKEN, Floats
from rnnrepl.scoring.base_model import BaseModel
from rnnrepl.scoring.surprisal import likeliest

MAX_STEPS = 1000
TINY, TINY_VOCABULARY = 8, 32  # the largest network whose vectors and matrices are shown unasked

# Symbol, signal and formula; `{x}` is what the cell reads.
_CELLS: dict[Cell, tuple[tuple[str, str, str], ...]] = {
    "lstm": (
        ("Γ_i", "gates.input", "σ(W_i [a<t-1>; {x}] + b_i)"),
        ("Γ_f", "gates.forget", "σ(W_f [a<t-1>; {x}] + b_f)"),
        ("Γ_o", "gates.output", "σ(W_o [a<t-1>; {x}] + b_o)"),
        ("c̃", "gates.cell", "tanh(W_c [a<t-1>; {x}] + b_c)"),
        ("c", "c", "Γ_f<t> * c<t-1> + Γ_i<t> * c̃<t>"),
        ("a", "h", "Γ_o<t> * tanh(c<t>)"),
    ),
    "gru": (
        ("Γ_r", "gates.reset", "σ(W_r [a<t-1>; {x}] + b_r)"),
        ("Γ_u", "gates.update", "σ(W_u [a<t-1>; {x}] + b_u)"),
        ("ã", "gates.new", "tanh(W_x {x} + b_x + Γ_r<t> * (W_a a<t-1> + b_a))"),
        ("a", "h", "(1 - Γ_u<t>) * ã<t> + Γ_u<t> * a<t-1>"),
    ),
    "rnn": (("a", "h", "tanh(W_a [a<t-1>; {x}] + b_a)"),),
    "relu": (("a", "h", "max(0, W_a [a<t-1>; {x}] + b_a)"),),
}
_NORM = "({v} - mean) / sqrt(variance + 1e-5) * g + s"  # LayerNorm
# The names of the gates in the formulas, in the order of torch.nn.
_ROWS: dict[Cell, str] = {"lstm": "ifco", "gru": "ru", "rnn": "a", "relu": "a"}


def time_steps(model: BaseModel, text: str, *, top: int, full: bool) -> Steps:
    """Returns the time steps of a text; the end token follows if the tokenizer has one.

    All vectors and matrices are included with `full`, and for tiny networks. Raises RnnreplError
    for a text without a step or with more than MAX_STEPS, and if the tokenizer refuses it.
    """
    config, tokenizer, context = model.config, model.tokenizer, model.begin()
    targets = [*tokenizer.ids(text).tolist(), *([] if tokenizer.eos is None else [tokenizer.eos])]
    ids = [context.id, *targets][:-1]
    first = 1
    if context.id == NO_TOKEN:
        ids, targets, first = ids[1:], targets[1:], 2
    if not targets:
        raise usage("There is no time step to show: give a longer text.")
    if len(targets) > MAX_STEPS:
        raise usage(f"A text of {len(targets):,} time steps is too long: give at most {MAX_STEPS}.")
    tiny = max(config.embed, *config.hidden) <= TINY and config.vocabulary <= TINY_VOCABULARY
    full = full or tiny
    trace = model.network.trace(np.asarray(ids), context.state, list(signals.widths(config)))

    def step(row: int, id: int, target: int) -> TimeStep:
        logits = trace["logits"][row].astype(np.float64)
        log_z = float(np.logaddexp.reduce(logits))
        p = np.exp(logits - log_z)

        def token(id: int) -> TokenLogit:
            return TokenLogit(tokenizer.tokens[id], id, float(logits[id]), float(p[id]))

        vectors = {name: _vector(values[row]) for name, values in trace.items()} if full else {}
        return TimeStep(
            t=first + row,
            x=None if id == config.start else tokenizer.tokens[id],
            y=token(target),
            top=tuple(map(token, likeliest(logits[None], top)[0].tolist())),
            log_z=log_z,
            layers=tuple(_summaries(trace, row, k, config) for k in range(config.layers)),
            vectors=vectors | {"p": _vector(p)} if full else None,
        )

    pairs = enumerate(zip(ids, targets, strict=True))
    return Steps(
        text=text,
        model=model.name,
        cell=config.cell,
        hidden=config.hidden,
        start=model.start,
        initial="zero" if config.initial == "zero" else "learned",
        formulas=formulas(config),
        steps=tuple(step(row, id, target) for row, (id, target) in pairs),
        tokens=tuple(tokenizer.tokens) if full else None,
        state=_state(context.state, config) if full else None,
        weights=matrices(config, model.weights) if full else None,
    )


def formulas(config: NetworkConfig) -> tuple[Formula, ...]:
    """The formulas of a time step, in the order of computation; `*` multiplies unit by unit."""
    below, x = ("v<t>", "x̂<t>") if config.norm else ("a<t>", "x<t>")
    above = f"; {below} of the layer below in the others" if config.layers > 1 else ""
    lines = [("x", "input", f"E[y<t-1>]{' in layer 0' if above else ''}{above}")]
    if config.norm:
        lines.append(("x̂", "", _NORM.format(v="x<t>")))
    lines += [(symbol, signal, line.format(x=x)) for symbol, signal, line in _CELLS[config.cell]]
    read = "a<t>"
    if config.norm:
        lines.append(("v", "", "a<t> + x<t> where their sizes are equal, else a<t>"))
        read, signal = "v̂<t>", "" if config.projection else "output"
        lines.append(("v̂", signal, _NORM.format(v="v<t>")))
    if config.projection:
        lines.append(("o", "output", f"W_o {read} + b_o"))
        read = "o<t>"
    lines.append(("z", "logits", f"{'E' if config.tied else 'W_y'} {read} + b_y"))
    lines.append(("ŷ", "p", "softmax(z<t>) = e^z<t> / sum(e^z<t>)"))
    return tuple(Formula(*line) for line in lines)


def matrices(config: NetworkConfig, weights: Mapping[str, Floats]) -> dict[str, Vector | Matrix]:
    """The weights by the names that the formulas give them, layer by layer."""
    w = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    named: dict[str, Any] = {"E": w["encoder.weight"]}
    for k, size in enumerate(config.hidden):
        of_x, of_a = w[f"rnn.weight_ih_l{k}"], w[f"rnn.weight_hh_l{k}"]
        b_x, b_a = w[f"rnn.bias_ih_l{k}"], w[f"rnn.bias_hh_l{k}"]
        if config.norm:
            named |= {
                f"layers.{k}.g": w[f"norm.weight_l{k}"],
                f"layers.{k}.s": w[f"norm.bias_l{k}"],
            }
        for number, name in enumerate(_ROWS[config.cell]):
            rows = slice(number * size, (number + 1) * size)
            named[f"layers.{k}.W_{name}"] = np.concatenate([of_a[rows], of_x[rows]], 1)
            named[f"layers.{k}.b_{name}"] = b_x[rows] + b_a[rows]
        if config.cell == "gru":
            rows = slice(2 * size, 3 * size)
            for name, matrix, bias in (("x", of_x, b_x), ("a", of_a, b_a)):
                named |= {f"layers.{k}.W_{name}": matrix[rows], f"layers.{k}.b_{name}": bias[rows]}
    if config.norm:
        named |= {"g": w["norm.weight"], "s": w["norm.bias"]}
    if config.projection is not None:
        named |= {"W_o": w["projection.weight"], "b_o": w["projection.bias"]}
    if not config.tied:
        named["W_y"] = w["decoder.weight"]
    named["b_y"] = w["decoder.bias"]
    return {
        name: tuple(map(_vector, array)) if array.ndim == 2 else _vector(array)
        for name, array in named.items()
    }


def _summaries(
    trace: Mapping[str, Floats], row: int, layer: int, config: NetworkConfig
) -> dict[str, SignalSummary]:
    gates = {f"gates.{gate}" for gate in GATES.get(config.cell, ())}
    return {
        signal: _summary(trace[f"layers.{layer}.{signal}"][row], gate=signal in gates)
        for _, signal, _ in _CELLS[config.cell]
    }


def _summary(vector: Floats, *, gate: bool) -> SignalSummary:
    values = vector.astype(np.float64)
    return SignalSummary(
        mean=float(values.mean()),
        min=float(values.min()),
        max=float(values.max()),
        norm=float(np.sqrt(values @ values)),
        closed=float((vector < CLOSED).mean()) if gate else None,
        open=float((vector > OPEN).mean()) if gate else None,
    )


def _state(state: Floats, config: NetworkConfig) -> dict[str, Vector]:
    names = signals.state_names(config)
    ends = np.cumsum([signals.widths(config)[name] for name in names])
    return {name: _vector(part) for name, part in zip(names, np.split(state, ends), strict=False)}


def _vector(values: Floats | Sequence[float]) -> Vector:
    return tuple(np.asarray(values).tolist())
