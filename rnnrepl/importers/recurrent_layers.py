"""Recurrent layers among the parts of a model: their order, sizes and common cell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.cells import Nonlinearity, nonlinear
from rnnrepl.importers.parts import Parts
from rnnrepl.importers.weights import WeightSet
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

_CELL_NAMES: Final = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "relu": "RNN"}
_CELLS_BY_GATES: Final[dict[int, Cell]] = {4: "lstm", 3: "gru", 1: "rnn"}
_MODES: Final[dict[Any, Cell]] = {"RNN_TANH": "rnn", "RNN_RELU": "relu"}


@dataclass(eq=False)
class RecurrentLayer:
    """A recurrent layer: its weights by side, `ih` or `hh`."""

    weights: dict[str, Floats] = field(default_factory=dict)
    biases: dict[str, Floats] = field(default_factory=dict)
    mode: Any = None

    @property
    def inputs(self) -> int:
        return int(self.weights["ih"].shape[1])

    @property
    def hidden(self) -> int:
        return int(self.weights["hh"].shape[1])

    @property
    def cell(self) -> Cell | None:
        rows, hidden = self.weights["hh"].shape
        return _CELLS_BY_GATES.get(rows // hidden) if rows % hidden == 0 else None


def stack(parts: Parts, weights: WeightSet) -> list[RecurrentLayer]:
    """The layers in order; raises RnnreplError where they do not follow each other."""
    return _in_order(_layers(parts, weights))


def named_weights(layers: list[RecurrentLayer]) -> dict[str, Floats]:
    """The weights, named as in `NetworkConfig.shapes`."""
    named: dict[str, Floats] = {}
    for k, layer in enumerate(layers):
        named |= {f"rnn.weight_{side}_l{k}": array for side, array in layer.weights.items()}
        named |= {f"rnn.bias_{side}_l{k}": array for side, array in layer.biases.items()}
    return named


def _layers(parts: Parts, weights: WeightSet) -> dict[str, RecurrentLayer]:
    """The recurrent layers by path and number, in the order of the file."""
    layers: dict[str, RecurrentLayer] = {}
    for (path, number), arrays in parts.recurrent.items():
        layer = layers[f"{path}:{number}"] = RecurrentLayer()
        module = weights.modules.get(path.removesuffix("."))
        layer.mode = module.attributes.get("mode") if module else None
        for name, array in arrays.items():
            kind, side = name.split("_")
            (layer.weights if kind == "weight" else layer.biases)[side] = array
        if layer.weights.keys() != {"ih", "hh"} or any(a.ndim != 2 for a in layer.weights.values()):
            raise RnnreplError(f"The recurrent layer '{path}' lacks one of its two weights.")
        if layer.cell is None:
            shape = layer.weights["hh"].shape
            raise RnnreplError(f"The recurrent layer '{path}' has an unknown cell: {shape}.")
    return layers


def _in_order(layers: Mapping[str, RecurrentLayer]) -> list[RecurrentLayer]:
    """The layers, each as wide as the next one reads: in the order of the file, or of their names.

    Raises RnnreplError where neither order fits.
    """
    by_name = sorted(layers, key=lambda name: [_number(p) for p in re.split(r"(\d+)", name)])
    for order in (list(layers), by_name):
        chain = [layers[name] for name in order]
        if all(a.hidden == b.inputs for a, b in pairwise(chain)):
            return chain
    sizes = ", ".join(f"{layer.inputs} to {layer.hidden}" for layer in layers.values())
    raise RnnreplError(f"The recurrent layers do not follow each other: {sizes}.")


def _number(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdigit() else (-1, part)


def common_cell(
    layers: list[RecurrentLayer], nonlinearity: Nonlinearity | None
) -> tuple[Cell, tuple[str, ...]]:
    """The cell of all layers, with a note if it was assumed; raises RnnreplError for two cells."""
    kinds = {layer.cell for layer in layers} - {None}
    if len(kinds) > 1:
        names = " and ".join(sorted(_CELL_NAMES[kind] for kind in kinds if kind))
        raise RnnreplError(f"The model has layers of two cells, {names}, which is not supported.")
    (cell,) = kinds
    assert cell is not None
    if cell != "rnn":
        return cell, ()
    modes = {_MODES[layer.mode] for layer in layers if layer.mode in _MODES}
    if len(modes) == 1:
        return modes.pop(), ()
    return nonlinear(nonlinearity)


def summary(layers: list[RecurrentLayer], cell: Cell) -> str:
    """For example `LSTM 2 x 256`."""
    hidden = [layer.hidden for layer in layers]
    same = len(set(hidden)) == 1
    size = f"{len(hidden)} x {hidden[0]}" if same else " + ".join(map(str, hidden))
    return f"{_CELL_NAMES[cell]} {size}"
