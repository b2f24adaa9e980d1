"""Hand-written LSTM and GRU cells with a matrix a gate, which their names identify.

Two forms: one matrix (H, I + H) a gate for input and state together, or one for each: `W_f` of
[x; h], or `W_xf` and `W_hf`, `W_f` and `U_f`. Matrices multiply columns, as in torch.nn, or rows.
Layers have modules, or numbers, of their own. What names do not say has several readings: which of
input and state comes first; whether square matrices multiply rows; of a GRU, whether the update
gate keeps the state or replaces it, and whether the reset gate is applied before or after the
product.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import cell_ends, gate_names
from rnnrepl.importers.cell_ends import CellEnds
from rnnrepl.importers.gate_names import GATES, MAKEMORE, Parsed
from rnnrepl.importers.parts import Matrix, Parts, describe_matrices
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.stability import likeliest_first
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

_IN_ROWS = "W_hq"  # the output of "Dive into Deep Learning", which writes all equations in rows
_REVERSED = re.compile(r"backw|bwd|revers", re.I)

_Groups = dict[Hashable, dict[str, Parsed]]  # side and gate by the name of a matrix, by layer


@dataclass(frozen=True, eq=False)
class _Layer:
    """Matrices (H, inputs) and biases (H,), by side and gate; `first` is that of the input.

    `candidate_is_s` says whether a matrix of the candidate is named by that letter.
    """

    matrices: dict[Parsed, Floats]
    biases: dict[Parsed, Floats]
    first: str
    candidate_is_s: bool

    @property
    def concatenated(self) -> bool:
        return any(side == "both" for side, _ in self.matrices)

    @property
    def hidden(self) -> int:
        return len(next(iter(self.matrices.values())))

    @property
    def inputs(self) -> int:
        """The width of the input; 0 or less where the shapes are not those of a layer."""
        shapes: dict[str, set[tuple[int, ...]]] = {}
        for (side, _), matrix in self.matrices.items():
            shapes.setdefault(side, set()).add(matrix.shape)
        hidden = self.hidden
        if any(len(same) > 1 or min(same)[0] != hidden for same in shapes.values()):
            return 0
        if "both" in shapes:
            return int(min(shapes["both"])[1]) - hidden
        return int(min(shapes["x"])[1]) if min(shapes["h"]) == (hidden, hidden) else 0


@dataclass(frozen=True, eq=False)
class _Cell:
    """Layers by the key of their names, and the ends of the network."""

    kind: Cell
    layers: dict[Hashable, _Layer]
    ends: CellEnds
    transposed: bool

    @property
    def concatenated(self) -> bool:
        return next(iter(self.layers.values())).concatenated


def infer(parts: Parts) -> Readings | None:
    """The readings of a hand-written LSTM or GRU; None where the names do not describe one.

    Raises RnnreplError where names describe one, but the shapes do not fit.
    """
    refusal = None
    for kind in GATES:
        cells = []
        for scheme in gate_names.schemes():
            named = gate_names.with_one_candidate(
                {m.name: p for m in parts.matrices if (p := scheme(m.name, kind))}
            )
            if groups := _groups(named, kind):
                cells += _cells(kind, parts, groups)
                refusal = refusal or _refusal(kind, parts, groups)
        if cells:
            return _readings(cells, parts)
    if refusal:
        raise refusal
    return None


def _groups(named: Mapping[str, Parsed], kind: Cell) -> _Groups:
    """The matrices by layer, in order; empty where one of the layers lacks some.

    Raises RnnreplError for layers that do not follow each other: two directions, two networks.
    """
    if gate_names.is_complete(list(named.values()), kind):
        return {None: dict(named)}
    groups: _Groups = {}
    for name, parsed in named.items():
        groups.setdefault(gate_names.layer(name), {})[name] = parsed
    if not all(gate_names.is_complete(list(group.values()), kind) for group in groups.values()):
        return {}
    if other := next((name for name in named if _REVERSED.search(name)), ""):
        raise RnnreplError(
            f"The model has a bidirectional layer ({other}), which reads the text that it "
            "predicts, which is not supported."
        )
    if {"encoder", "decoder"} <= {name.partition(".")[0] for name in named}:
        raise RnnreplError(
            "The model has an encoder and a decoder, which map one text to another, which is not "
            "supported."
        )
    return dict(sorted(groups.items(), key=lambda item: gate_names.numbers(next(iter(item[1])))))


def _cells(kind: Cell, parts: Parts, groups: _Groups) -> list[_Cell]:
    """The cells that matrices may be, by whether they multiply columns or rows."""
    own, rest = _divided(parts, groups)
    may_be_rows = all(m.is_parameter and m.bias is None for m in own.values())
    cells = []
    for transposed in (False, True) if may_be_rows and not parts.others else (False,):
        layers = {key: _layer(own, group, transposed) for key, group in groups.items()}
        chain = list(layers.values())
        fits = all(a.inputs > 0 for a in chain) and len({a.concatenated for a in chain}) == 1
        if fits and all(a.hidden == b.inputs for a, b in pairwise(chain)):
            ends = cell_ends.find(rest, chain[0].inputs, chain[-1].hidden)
            agree = [end for end in ends if transposed in end.layouts]
            cells += [_Cell(kind, layers, end, transposed) for end in (agree or ends)[:1]]
    if any(cell.ends.output.name == _IN_ROWS for cell in cells):
        cells = [cell for cell in cells if cell.transposed] or cells
    alike = [cell for cell in cells if cell.transposed in cell.ends.layouts]
    return [] if parts.others else alike or cells


def _divided(parts: Parts, groups: _Groups) -> tuple[dict[str, Matrix], list[Matrix]]:
    """The matrices of layers by name, and the others."""
    names = {name for group in groups.values() for name in group}
    own = {m.name: m for m in parts.matrices if m.name in names}
    return own, [m for m in parts.matrices if m.name not in names]


def _layer(own: Mapping[str, Matrix], group: Mapping[str, Parsed], transposed: bool) -> _Layer:
    matrices, biases = {}, {}
    for name, parsed in group.items():
        matrix = own[name]
        matrices[parsed] = matrix.weight.T if transposed else matrix.weight
        if matrix.bias is not None:
            biases[parsed] = matrix.bias
    first = next(name for name, (side, _) in group.items() if side != "h")
    return _Layer(matrices, biases, first, any(map(gate_names.is_s, group)))


def _refusal(kind: Cell, parts: Parts, groups: _Groups) -> RnnreplError:
    _, rest = _divided(parts, groups)
    return RnnreplError(
        f"The weights are a hand-written {kind.upper()} whose other parts do not fit: "
        f"{describe_matrices(rest) if rest else 'no output layer'}."
    )


def _readings(cells: list[_Cell], parts: Parts) -> Readings:
    """All readings of the cells, which differ by what their matrices multiply."""
    choices = _choices_of_matrices(cells)
    readings = [
        reading
        for cell, choice in zip(cells, choices, strict=True)
        for reading in _readings_of(cell, parts, choice)
    ]
    kind, unsure = cells[0].kind.upper(), ""
    if kind == "GRU" and len(readings) > 2:
        unsure = "The weights are a hand-written GRU, whose equations its names do not say."
    elif len({cell.transposed for cell in cells}) > 1:
        unsure = (
            f"The weights are a hand-written {kind} whose square matrices may multiply rows or "
            "columns."
        )
    named = len({next(iter(cell.layers.values())).first for cell in cells}) > 1
    return Readings(readings if unsure or named else likeliest_first(readings), unsure)


def _choices_of_matrices(cells: list[_Cell]) -> list[list[str]]:
    """How each cell differs from the others by its matrices."""
    choices: list[list[str]] = [[] for _ in cells]
    inputs = [next(iter(cell.layers.values())).first for cell in cells]
    for cell, first, choice in zip(cells, inputs, choices, strict=True):
        if len(set(inputs)) > 1:
            choice.append(f"{first} multiplies the input")
        if len({other.transposed for other in cells}) > 1:
            choice.append(f"matrices multiply {'rows' if cell.transposed else 'columns'}")
    return choices


def _readings_of(cell: _Cell, parts: Parts, choices: list[str]) -> Iterator[Reading]:
    biases, output_bias = _biases(cell, parts)
    ends = cell.ends.weights(output_bias)
    for first, keeps, before in product(*_options(cell, parts)):
        weights = dict(ends)
        for k, (key, layer) in enumerate(cell.layers.items()):
            layered = _torch_layout(cell.kind, layer, biases[key], state_first=first, keeps=keeps)
            weights |= {f"rnn.{name}_l{k}": array for name, array in layered.items()}
        settings = {"reset_first": True} if cell.kind == "gru" and before else {}
        choice = ", and ".join(choices + _choices(cell, first, keeps, before))
        yield Reading(weights, cell.kind, settings, (), choice)


def _biases(cell: _Cell, parts: Parts) -> tuple[dict[Hashable, dict[Parsed, Floats]], Floats]:
    """The biases of each layer, and that of the output, with those that are vectors of their own.

    Raises RnnreplError for a vector without a place.
    """
    biases = {key: dict(layer.biases) for key, layer in cell.layers.items()}
    output_bias = np.zeros(cell.ends.vocabulary)
    side = "both" if cell.concatenated else "x"
    with_s = all(layer.candidate_is_s for layer in cell.layers.values())
    for vector in parts.vectors:
        gate = gate_names.bias_gate(vector.name, cell.kind)
        if gate_names.is_s(vector.name) and not with_s:
            gate = ""  # the bias of a softmax
        key = None if None in biases else gate_names.layer(vector.name)
        if gate and key in biases and len(vector.weight) == cell.layers[key].hidden:
            biases[key][side, gate] = biases[key].get((side, gate), 0) + vector.weight
        elif len(vector.weight) == cell.ends.vocabulary:
            output_bias += vector.weight
        elif not gate_names.is_state(vector.name):
            raise RnnreplError(
                f"The weights {vector.name} ({len(vector.weight):,}) have no place in the cell."
            )
    return biases, output_bias


def _options(cell: _Cell, parts: Parts) -> Iterator[list[bool]]:
    """What is possible: state before input, update keeps the state, reset before the product."""
    makemore = any(MAKEMORE in m.name for m in parts.matrices)
    in_rows = cell.ends.output.name == _IN_ROWS
    yield [False, True] if cell.concatenated and not makemore else [False]
    yield [False] if makemore else [True] if in_rows or cell.kind == "lstm" else [True, False]
    yield [True] if cell.concatenated or in_rows or cell.kind == "lstm" else [True, False]


def _choices(cell: _Cell, state_first: bool, keeps: bool, before: bool) -> list[str]:
    choices = []
    if cell.concatenated:
        choices.append(gate_names.concatenated(state_first))
    if cell.kind == "gru":
        choices += gate_names.equations(keeps, before)
    return choices


def _torch_layout(
    kind: Cell,
    layer: _Layer,
    biases: Mapping[Parsed, Floats],
    *,
    state_first: bool,
    keeps: bool,
) -> dict[str, Floats]:
    """The weights of a layer, with gates in the order of torch.nn.

    torch's update gate keeps the state; one that replaces it has the opposite sign.
    """
    named: dict[str, list[Floats]] = {}
    zero = np.zeros(layer.hidden)
    for gate in GATES[kind]:
        sign = -1 if gate == "z" and not keeps else 1
        if layer.concatenated:
            both = layer.matrices["both", gate]
            border = layer.hidden if state_first else layer.inputs
            halves = np.split(both, [border], axis=1)
            h, x = halves if state_first else halves[::-1]
        else:
            x, h = layer.matrices["x", gate], layer.matrices["h", gate]
        for name, array in {
            "weight_ih": x,
            "weight_hh": h,
            "bias_ih": biases.get(("both" if layer.concatenated else "x", gate), zero),
            "bias_hh": biases.get(("h", gate), zero),
        }.items():
            named.setdefault(name, []).append(sign * array)
    return {name: np.concatenate(arrays) for name, arrays in named.items()}
