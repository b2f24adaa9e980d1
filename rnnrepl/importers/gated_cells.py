"""Hand-written LSTM and GRU cells with a matrix a gate, which their names identify.

Two forms: one matrix (H, I + H) a gate for input and state together, or one for each: `W_f` of
[x; h], or `W_xf` and `W_hf`, `W_f` and `U_f`. Matrices multiply columns, as in torch.nn, or rows.
What names do not say has several readings: which of input and state comes first; of a GRU,
whether the update gate keeps the state or replaces it, and whether the reset gate is applied before
or after the product.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.inputs import one_hot
from rnnrepl.importers.parts import Matrix, Parts, describe_matrices
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.stability import likeliest_first
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

_GATES: Final[dict[Cell, str]] = {"lstm": "ifgo", "gru": "rzn"}
_WORDS: Final = {
    "forget": "f",
    "reset": "r",
    "update": "z",
    "hbar": "n",
    "cbar": "g",
    "cand": "c",
    "cell": "c",
    "new": "n",
    "out": "o",
    "in": "i",
}
_MAKEMORE = "xh_to_"
_KEEPS = "the update gate keeps the state: h = z h + (1 - z) n"
_REPLACES = "the update gate replaces the state: h = (1 - z) h + z n"
_FIRST = "the reset gate is applied before the product with the state"
_AFTER = "the reset gate is applied after the product with the state"
_LETTER = r"(?P<gate>[ifocgarzunh])"
_LONE = re.compile(
    rf"(?:w|b|lin|linear|fc|gate|bias|xh_to)?_?{_LETTER}(?:_?gate|_?lin\w*|t)?", re.I
)
_SIDES: Final[tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]] = (
    (re.compile(rf"w_?(?P<side>x|h)_?{_LETTER}", re.I), {"x": "x", "h": "h"}),
    (re.compile(rf"(?P<side>w|u)_?{_LETTER}", re.I), {"w": "x", "u": "h"}),
    (re.compile(rf"w_?(?P<side>i|h)_?{_LETTER}", re.I), {"i": "x", "h": "h"}),
    (re.compile(rf"w_?{_LETTER}_?(?P<side>x|h)", re.I), {"x": "x", "h": "h"}),
)

_Parsed = tuple[str, str]  # the side, "x", "h" or "both", and the gate


@dataclass(frozen=True, eq=False)
class _Cell:
    """Matrices (H, inputs) by gate and side, biases (H,) by gate, and the ends of the network."""

    kind: Cell
    matrices: dict[_Parsed, Floats]
    biases: dict[_Parsed, Floats]
    embedding: Floats
    output: Matrix

    @property
    def gates(self) -> str:
        return _GATES[self.kind]

    @property
    def hidden(self) -> int:
        return len(next(iter(self.matrices.values())))

    @property
    def concatenated(self) -> bool:
        return ("both", self.gates[0]) in self.matrices


def infer(parts: Parts) -> Readings | None:
    """The readings of a hand-written LSTM or GRU; None where the names do not describe one.

    Raises RnnreplError where names describe one, but the shapes do not fit.
    """
    for scheme in _schemes():
        for kind in _GATES:
            named = {m.name: scheme(m.name, kind) for m in parts.matrices}
            if _is_complete([parsed for parsed in named.values() if parsed], kind):
                cell = _cell(kind, parts, {n: p for n, p in named.items() if p})
                return _readings(cell, parts)
    return None


def _schemes() -> Iterator[Callable[[str, Cell], _Parsed | None]]:
    """Functions from the name of a matrix, and a kind of cell, to its side and gate."""
    for pattern, sides in _SIDES:
        yield partial(_sided, pattern, sides)
    yield _lone


def _sided(
    pattern: re.Pattern[str], sides: Mapping[str, str], name: str, kind: Cell
) -> _Parsed | None:
    match = pattern.fullmatch(_last(name))
    gate = _letter(match["gate"], kind) if match else ""
    return (sides[match["side"].lower()], gate) if match and gate else None


def _lone(name: str, kind: Cell) -> _Parsed | None:
    gate = _lone_gate(name, kind)
    return ("both", gate) if gate else None


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _lone_gate(name: str, kind: Cell) -> str:
    last = _last(name)
    if match := _LONE.fullmatch(last):
        return _letter(match["gate"], kind)
    if re.search(r"emb|dec|head|logit", last, re.I):
        return ""
    words = [gate for word, gate in _WORDS.items() if word in last.lower()]
    is_gate = last.lower().startswith(_MAKEMORE) or "gate" in last.lower() or words[:1] == ["f"]
    return _letter(words[0], kind) if words and (is_gate or words[0] in "frzgnc") else ""


def _letter(letter: str, kind: Cell) -> str:
    """The gate of a letter; empty where the cell has no such gate."""
    same = {"lstm": {"c": "g", "a": "g"}, "gru": {"u": "z", "h": "n", "g": "n", "c": "n"}}[kind]
    gate = same.get(letter.lower(), letter.lower())
    return gate if gate in _GATES[kind] else ""


def _is_complete(parsed: list[_Parsed], kind: Cell) -> bool:
    gates = _GATES[kind]
    forms = [list(product(["both"], gates)), list(product("xh", gates))]
    return sorted(parsed) in [sorted(form) for form in forms]


def _cell(kind: Cell, parts: Parts, named: dict[str, _Parsed]) -> _Cell:
    own = {named[m.name]: m for m in parts.matrices if m.name in named}
    rest = [m for m in parts.matrices if m.name not in named]
    refusal = RnnreplError(
        f"The weights are a hand-written {kind.upper()} whose other parts do not fit: "
        f"{describe_matrices(rest) if rest else 'no output layer'}."
    )
    is_linear = any(m.bias is not None for m in parts.matrices)
    hidden = min(min(m.weight.shape) for (side, _), m in own.items() if side != "x")
    for transposed in (False, True) if not is_linear else (False,):
        matrices = {p: m.weight.T if transposed else m.weight for p, m in own.items()}
        widths = {side: {m.shape for (s, _), m in matrices.items() if s == side} for side, _ in own}
        if any(len(shapes) != 1 or next(iter(shapes))[0] != hidden for shapes in widths.values()):
            continue
        ((_, inputs),) = widths.get("x") or widths["both"]
        inputs -= hidden if "both" in widths else 0
        for output in rest:
            weight = output.weight.T if transposed else output.weight
            others = [m for m in rest if m is not output]
            table = others[0].weight if len(others) == 1 else None
            vocabulary = len(weight)
            fits = weight.shape[1] == hidden and len(others) <= 1 and inputs > 0
            if table is None:
                fits &= inputs == vocabulary
            else:
                fits &= table.shape == (vocabulary, inputs) and others[0].bias is None
            if fits and not parts.others:
                biases = {named[m.name]: m.bias for m in parts.matrices if m.name in named}
                return _Cell(
                    kind,
                    matrices,
                    {p: b for p, b in biases.items() if b is not None},
                    one_hot(vocabulary) if table is None else table,
                    Matrix(output.name, weight, output.bias),
                )
    raise refusal


def _readings(cell: _Cell, parts: Parts) -> Readings:
    """All readings of a cell, with its biases that are vectors of their own."""
    biases = {parsed: bias.copy() for parsed, bias in cell.biases.items()}
    vocabulary = len(cell.output.weight)
    output_bias = np.zeros(vocabulary) + (0 if cell.output.bias is None else cell.output.bias)
    side = "both" if cell.concatenated else "x"
    for vector in parts.vectors:
        gate = _lone_gate(vector.name, cell.kind)
        if gate and len(vector.weight) == cell.hidden:
            biases[side, gate] = biases.get((side, gate), 0) + vector.weight
        elif len(vector.weight) == vocabulary:
            output_bias += vector.weight
        elif not re.search(r"(^|[._])[hc]_?(prev|last)?$", vector.name, re.I):
            raise RnnreplError(
                f"The weights {vector.name} ({len(vector.weight):,}) have no place in the cell."
            )
    ends = {
        "encoder.weight": cell.embedding,
        "decoder.weight": cell.output.weight,
        "decoder.bias": output_bias,
    }
    readings = []
    for first, keeps, before in product(*_options(cell, parts)):
        weights = ends | _torch_layout(cell, biases, state_first=first, keeps=keeps)
        settings = {"reset_first": True} if cell.kind == "gru" and before else {}
        choice = _choice(cell, first, keeps, before)
        readings.append(Reading(weights, cell.kind, settings, (), choice))
    unsure = (
        "The weights are a hand-written GRU, whose equations its names do not say."
        if len(readings) > 2
        else ""
    )
    return Readings(readings if unsure else likeliest_first(readings), unsure)


def _options(cell: _Cell, parts: Parts) -> Iterator[list[bool]]:
    """What is possible: state before input, update keeps the state, reset before the product."""
    makemore = any(_MAKEMORE in m.name for m in parts.matrices)
    in_rows = cell.output.name == "W_hq"  # "Dive into Deep Learning", which writes all equations
    yield [False, True] if cell.concatenated and not makemore else [False]
    yield [False] if makemore else [True] if in_rows or cell.kind == "lstm" else [True, False]
    yield [True] if cell.concatenated or in_rows or cell.kind == "lstm" else [True, False]


def _choice(cell: _Cell, state_first: bool, keeps: bool, before: bool) -> str:
    parts = []
    if cell.concatenated:
        first = "state" if state_first else "input"
        parts.append(f"the cell reads input and state as one vector, the {first} first")
    if cell.kind == "gru":
        parts += [_KEEPS if keeps else _REPLACES, _FIRST if before else _AFTER]
    return ", and ".join(parts)


def _torch_layout(
    cell: _Cell, biases: Mapping[_Parsed, Floats], *, state_first: bool, keeps: bool
) -> dict[str, Floats]:
    """The weights of the layer, with gates in the order of torch.nn.

    torch's update gate keeps the state; one that replaces it has the opposite sign.
    """
    named: dict[str, list[Floats]] = {}
    for gate in cell.gates:
        sign = -1 if gate == "z" and not keeps else 1
        if cell.concatenated:
            both = cell.matrices["both", gate]
            border = cell.hidden if state_first else both.shape[1] - cell.hidden
            parts = np.split(both, [border], axis=1)
            h, x = parts if state_first else parts[::-1]
        else:
            x, h = cell.matrices["x", gate], cell.matrices["h", gate]
        zero = np.zeros(cell.hidden)
        ih = biases.get(("both" if cell.concatenated else "x", gate), zero)
        for name, array in {
            "weight_ih": x,
            "weight_hh": h,
            "bias_ih": ih,
            "bias_hh": biases.get(("h", gate), zero),
        }.items():
            named.setdefault(name, []).append(sign * array)
    return {f"rnn.{name}_l0": np.concatenate(arrays) for name, arrays in named.items()}
