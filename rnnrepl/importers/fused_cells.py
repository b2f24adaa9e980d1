"""Hand-written LSTM and GRU cells with all gates in one matrix, of input, state or both.

A matrix has a block of H rows (or columns) a gate, whose order the file does not say: each order is
a reading, between which a text decides. Of Chainer's layers the order is known; they keep the rows
of a unit, not those of a gate, together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations, product
from typing import Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import cell_ends, gate_names
from rnnrepl.importers.assembly import MAX_LAYERS
from rnnrepl.importers.cell_ends import CellEnds
from rnnrepl.importers.gate_names import GATES
from rnnrepl.importers.parts import Matrix, Parts
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

_CHAINER: Final = "gifo"  # the order of chainer.functions.lstm
_MOST_MATRICES: Final = 2 * MAX_LAYERS + 2
_CHAINER_NAMES: Final = ("upward", "lateral")
_KINDS: Final[tuple[Cell, ...]] = ("lstm", "gru")


@dataclass(frozen=True, eq=False)
class _Network:
    """Matrices by layer: of the input and of the state, or one of both, and the ends.

    `transposed` says that they have columns, not rows, of gates.
    """

    kind: Cell
    layers: list[list[Matrix]]
    hidden: int
    transposed: bool
    ends: CellEnds

    @property
    def rows(self) -> int:
        return len(GATES[self.kind]) * self.hidden

    @property
    def is_chainer(self) -> bool:
        return all(_is_chainer(m.name) for layer in self.layers for m in layer)

    def weight(self, matrix: Matrix) -> Floats:
        return matrix.weight.T if self.transposed else matrix.weight


def infer(parts: Parts) -> Readings | None:
    """The readings of cells with fused gates; None where the shapes are not those of such cells.

    Raises RnnreplError for a vector that is no bias of such a cell.
    """
    if parts.others or len(parts.matrices) > _MOST_MATRICES:
        return None
    networks = list(_networks(parts.matrices))
    if not networks:
        return None
    kind, hidden = networks[0].kind, networks[0].hidden
    same = [n for n in networks if (n.kind, n.hidden) == (kind, hidden)]
    readings = [reading for network in same for reading in _readings(network, same, parts)]
    first = networks[0].layers[0][0]
    return Readings(
        readings,
        f"The weights are a hand-written {kind.upper()} with all gates in one matrix, {first.name} "
        f"{first.weight.shape}, whose order the file does not say.",
    )


# --- matrices -------------------------------------------------------------------------------------


def _networks(matrices: Sequence[Matrix]) -> Iterator[_Network]:
    """All networks that the shapes allow: several where a layer is as wide as its input."""
    for kind, transposed in product(_KINDS, (False, True)):
        gates = len(GATES[kind])
        usable = [m for m in matrices if not transposed or (m.is_parameter and m.bias is None)]
        rows = {m.name: m.weight.shape[1 if transposed else 0] for m in usable}
        for size in sorted({n for n in rows.values() if n % gates == 0}):
            fused = [m for m in usable if rows[m.name] == size]
            inner = [m for m in fused if not cell_ends.is_end(m.name)]
            for own in [fused] if len(inner) == len(fused) else [fused, inner]:
                rest = [m for m in matrices if m not in own]
                for layers in _layers(own):
                    if kind == "gru" and len(layers[0]) == 1:
                        continue  # the reset gate acts on the product with the state alone
                    inputs = _inputs(layers, size // gates, transposed)
                    ends = cell_ends.find(rest, inputs, size // gates) if inputs > 0 else []
                    agree = [end for end in ends if transposed in end.layouts]
                    for end in (agree or ends)[:1]:
                        yield _Network(kind, layers, size // gates, transposed, end)


def _layers(matrices: Sequence[Matrix]) -> Iterator[list[list[Matrix]]]:
    """The ways to divide matrices into layers, by number: (input, state), or one of both."""
    if len(matrices) == 2:
        groups = [list(matrices)]
    else:
        numbered: dict[tuple[int, ...], list[Matrix]] = {}
        for matrix in matrices:
            numbered.setdefault(gate_names.numbers(matrix.name), []).append(matrix)
        groups = [numbered[number] for number in sorted(numbered)]
    if groups and all(len(group) == 2 for group in groups):
        stems = [gate_names.stem(m.name) for m in groups[0]]
        pairs = [sorted(g, key=lambda m: _position(gate_names.stem(m.name), stems)) for g in groups]
        sides = [gate_names.side(m.name) for m in pairs[0]]
        if sides[0] != "h" and sides[1] != "x":
            yield pairs
        if sides[0] != "x" and sides[1] != "h" and stems[0] != stems[1]:  # a list is in order
            yield [pair[::-1] for pair in pairs]
    if matrices:
        yield [[m] for m in sorted(matrices, key=lambda m: gate_names.numbers(m.name))]


def _position(stem: str, stems: Sequence[str]) -> int:
    return stems.index(stem) if stem in stems else len(stems)


def _inputs(layers: Sequence[Sequence[Matrix]], hidden: int, transposed: bool) -> int:
    """The width of the first input; 0 where the layers do not fit each other."""
    widths = [[m.weight.shape[0 if transposed else 1] for m in layer] for layer in layers]
    if len(layers[0]) == 1:
        inputs = [width - hidden for (width,) in widths]
    elif any(state != hidden for _, state in widths):
        return 0
    else:
        inputs = [width for width, _ in widths]
    return inputs[0] if all(width == hidden for width in inputs[1:]) else 0


def _is_chainer(name: str) -> bool:
    return any(part in _CHAINER_NAMES for part in name.split("/"))


# --- readings -------------------------------------------------------------------------------------


def _readings(
    network: _Network, alternatives: Sequence[_Network], parts: Parts
) -> Iterator[Reading]:
    """A reading for each order of gates, and for what else the file does not say."""
    gates = GATES[network.kind]
    is_gru, is_both = network.kind == "gru", len(network.layers[0]) == 1
    which = f"{network.layers[0][0].name} multiplies the input" if len(alternatives) > 1 else ""
    orders = [_CHAINER] if network.is_chainer else ["".join(o) for o in permutations(gates)]
    for state_first in (False, True) if is_both else (False,):
        weights = _weights(network, parts, state_first)
        for order, keeps, before in product(
            orders, (True, False) if is_gru else (True,), (True, False) if is_gru else (False,)
        ):
            choices = [which] if which else []
            choices.append(f"its gates are in the order {', '.join(order)}")
            choices += [gate_names.concatenated(state_first)] if is_both else []
            choices += gate_names.equations(keeps, before) if is_gru else []
            yield Reading(
                weights,
                network.kind,
                {"reset_first": True} if before else {},
                choice=", and ".join(choices),
                arrange=partial(_in_order, gates=gates, order=order, keeps=keeps),
            )


def _weights(network: _Network, parts: Parts, state_first: bool) -> dict[str, Floats]:
    """The weights with gates in the order of the file, one block of rows a gate."""
    weights = dict(network.ends.weights())
    numbers = [gate_names.numbers(layer[0].name) for layer in network.layers]
    for k, layer in enumerate(network.layers):
        if len(layer) == 1:
            both = network.weight(layer[0])
            border = network.hidden if state_first else both.shape[1] - network.hidden
            halves = np.split(both, [border], axis=1)
            h, x = halves if state_first else halves[::-1]
        else:
            x, h = (network.weight(matrix) for matrix in layer)
        weights |= {f"rnn.weight_ih_l{k}": x, f"rnn.weight_hh_l{k}": h}
        for side, matrix in zip(("ih", "hh"), layer, strict=False):
            bias = np.zeros(network.rows) if matrix.bias is None else matrix.bias
            weights[f"rnn.bias_{side}_l{k}"] = bias
    for vector in parts.vectors:
        size, number = len(vector.weight), gate_names.numbers(vector.name)
        is_output = size == network.ends.vocabulary
        has_layer = len(network.layers) == 1 or number in numbers
        if size == network.rows and has_layer and not (is_output and cell_ends.is_end(vector.name)):
            k = numbers.index(number) if len(network.layers) > 1 else 0
            of_state = gate_names.side(vector.name) == "h" and len(network.layers[k]) == 2
            name = f"rnn.bias_{'hh' if of_state else 'ih'}_l{k}"
        elif is_output:
            name = "decoder.bias"
        elif gate_names.is_state(vector.name):
            continue
        else:
            raise RnnreplError(f"The weights {vector.name} ({size:,}) have no place in the cell.")
        weights[name] = weights[name] + vector.weight
    return {
        name: _by_gate(array, network.hidden) if network.is_chainer and "rnn." in name else array
        for name, array in weights.items()
    }


def _by_gate(array: Floats, hidden: int) -> Floats:
    """Rows (H x gates), unit by unit, as rows (gates x H)."""
    units = array.reshape(hidden, -1, *array.shape[1:])
    return np.swapaxes(units, 0, 1).reshape(array.shape)


def _in_order(
    weights: dict[str, Floats], *, gates: str, order: str, keeps: bool
) -> dict[str, Floats]:
    """The weights with gates in the order of torch.nn.

    torch's update gate keeps the state; one that replaces it has the opposite sign.
    """
    arranged = dict(weights)
    for name, array in weights.items():
        if name.startswith("rnn."):
            blocks = dict(zip(order, np.split(array, len(order)), strict=True))
            if not keeps:
                blocks["z"] = -blocks["z"]
            arranged[name] = np.concatenate([blocks[gate] for gate in gates])
    return arranged
