"""The architecture of a set of weights: embedding, recurrent layers and output, by their shapes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import cells
from rnnrepl.importers.cells import Nonlinearity
from rnnrepl.importers.parts import Matrix, Parts, describe_matrices, split_parts
from rnnrepl.importers.weights import WeightSet
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

MAX_ONE_HOT = 8_192  # characters that may be read one-hot: the embedding becomes the identity
_CELL_NAMES: Final = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "relu": "RNN"}
_CELLS_BY_GATES: Final[dict[int, Cell]] = {4: "lstm", 3: "gru", 1: "rnn"}
_MODES: Final[dict[Any, Cell]] = {"RNN_TANH": "rnn", "RNN_RELU": "relu"}
_EMBEDDING_NAME = re.compile(r"emb|encod|wte|lookup|token", re.IGNORECASE)
_HARMLESS_ACTIVATIONS = ("Softmax", "LogSoftmax", "Softmax2d")
_UNSUPPORTED_MODULE = re.compile(
    r"BatchNorm|Conv|Attention|Transformer|LayerNorm|GroupNorm|Bilinear"
)
_TRANSFORMER_NAME = re.compile(r"attn|attention|transformer|in_proj_weight|q_proj|self_attn", re.I)


@dataclass(frozen=True, eq=False)
class Architecture:
    """Weights named as in `NetworkConfig.shapes`, their cell, and notes on what was assumed."""

    weights: dict[str, Floats]
    cell: Cell
    notes: tuple[str, ...] = ()

    @property
    def vocabulary(self) -> int:
        return len(self.weights["encoder.weight"])


@dataclass(eq=False)
class _Layer:
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


def infer(weights: WeightSet, nonlinearity: Nonlinearity | None = None) -> Architecture:
    """The architecture of a set of weights.

    `nonlinearity` is that of cells which do not say whether they use tanh or ReLU; tanh by default.
    Raises RnnreplError, one sentence with what was recognised, where the weights do not describe
    exactly one embedding (or one-hot input), one stack of recurrent layers and one output layer.
    """
    parts = split_parts(weights.arrays)
    if problem := _unsupported(weights, parts):
        raise RnnreplError(f"The model has {problem}, which is not supported.")
    if not parts.recurrent:
        return Architecture(*cells.infer(parts, nonlinearity))
    layers = _in_order(_layers(parts, weights))
    cell, notes = _common_cell(layers, nonlinearity)
    named: dict[str, Floats] = {}
    for k, layer in enumerate(layers):
        named |= {f"rnn.weight_{side}_l{k}": array for side, array in layer.weights.items()}
        named |= {f"rnn.bias_{side}_l{k}": array for side, array in layer.biases.items()}
    summary = _summary(layers, cell)
    return Architecture(named | _ends(parts, layers, summary), cell, notes)


def _unsupported(weights: WeightSet, parts: Parts) -> str:
    """What a model has that no plain recurrent network has; empty where there is nothing."""
    for path, module in weights.modules.items():
        package, _, name = module.class_name.rpartition(".")
        if module.attributes.get("max_norm") is not None:
            return f"an embedding with max_norm ({path})"
        if package.startswith("torch.nn.") and _UNSUPPORTED_MODULE.search(name):
            return f"{name} ({path})"
        if package.endswith("nn.modules.activation") and name not in _HARMLESS_ACTIVATIONS:
            return f"the activation {name} ({path}), whose place in the network cannot be known"
    if {"encoder", "decoder"} <= {path.partition(".")[0] for path, _ in parts.recurrent}:
        return "an encoder and a decoder, which map one text to another"
    if parts.reversed:
        return "a bidirectional layer, which reads the text that it predicts"
    if parts.projected:
        return "a projection inside the LSTM (proj_size)"
    if any(name.endswith("running_mean") for name in weights.arrays):
        return "batch normalisation"
    if any(_TRANSFORMER_NAME.search(name) for name in weights.arrays):
        return "attention, as a Transformer has it" if not parts.recurrent else "attention"
    if parts.norms:
        return f"LayerNorm ({', '.join(parts.norms)}), whose place in the network cannot be known"
    return ""


def _layers(parts: Parts, weights: WeightSet) -> dict[str, _Layer]:
    """The recurrent layers by path and number, in the order of the file."""
    layers: dict[str, _Layer] = {}
    for (path, number), arrays in parts.recurrent.items():
        layer = layers[f"{path}:{number}"] = _Layer()
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


def _in_order(layers: Mapping[str, _Layer]) -> list[_Layer]:
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


def _common_cell(
    layers: list[_Layer], nonlinearity: Nonlinearity | None
) -> tuple[Cell, tuple[str, ...]]:
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
    return cells.nonlinear(nonlinearity)


def _summary(layers: list[_Layer], cell: Cell) -> str:
    hidden = [layer.hidden for layer in layers]
    same = len(set(hidden)) == 1
    size = f"{len(hidden)} x {hidden[0]}" if same else " + ".join(map(str, hidden))
    return f"{_CELL_NAMES[cell]} {size}"


def _ends(parts: Parts, layers: list[_Layer], summary: str) -> dict[str, Floats]:
    """Embedding and output layer: the only reading of the matrices that fits the layers."""
    inputs, hidden = layers[0].inputs, layers[-1].hidden
    readings = [
        (embedding, output)
        for embedding in [None, *parts.matrices]
        for output in [None, *parts.matrices]
        if _fits(embedding, output, inputs, hidden, parts)
    ]
    if len(readings) == 2:  # two matrices of one shape: names decide, else the order of the file
        readings = [r for r in readings if r[0] and _EMBEDDING_NAME.search(r[0].name)] or readings
    if not readings or parts.others:
        raise RnnreplError(_misfit(parts, inputs, hidden, summary))
    embedding, output = readings[0]
    named: dict[str, Floats] = {}
    if embedding:
        named["encoder.weight"] = embedding.weight
    else:
        if inputs > MAX_ONE_HOT:
            raise RnnreplError(f"The model reads {inputs:,} tokens one-hot: too many to import.")
        named["encoder.weight"] = np.eye(inputs, dtype=np.float32)
    bias = parts.vectors[0].weight if parts.vectors else None
    if output:
        named["decoder.weight"] = output.weight
        bias = output.bias if output.bias is not None else bias
    return named if bias is None else named | {"decoder.bias": bias}


def _fits(
    embedding: Matrix | None, output: Matrix | None, inputs: int, hidden: int, parts: Parts
) -> bool:
    used = [matrix for matrix in (embedding, output) if matrix]
    if len(used) != len(parts.matrices) or embedding is output:
        return False
    if embedding and (embedding.bias is not None or embedding.weight.shape[1] != inputs):
        return False
    if output and output.weight.shape[1] != hidden:
        return False
    vocabulary = len(embedding.weight) if embedding else inputs
    lone = [len(vector.weight) for vector in parts.vectors]
    if output is None:  # tied to the embedding, whose bias alone is stored
        return embedding is not None and inputs == hidden and lone == [vocabulary]
    return len(output.weight) == vocabulary and (
        not lone or (output.bias is None and lone == [vocabulary])
    )


def _misfit(parts: Parts, inputs: int, hidden: int, summary: str) -> str:
    """What was recognised, and what does not fit."""
    embeddings = [m for m in parts.matrices if m.bias is None and m.weight.shape[1] == inputs]
    embeddings = embeddings[:1] if len(parts.matrices) > 1 or inputs != hidden else []
    linear = [matrix for matrix in parts.matrices if matrix not in embeddings]
    seen = [f"embedding {m.weight.shape}" for m in embeddings] + [summary]
    if linear:
        seen.append(describe_matrices(linear))
    seen += [f"{v.name} {v.weight.shape}" for v in [*parts.vectors, *parts.others]][:4]
    if not linear:
        reason = "no output layer"
    elif len(linear) > 1:
        reason = "one too many" if len(linear) == 2 else f"{len(linear) - 1} too many"
    elif parts.vectors or parts.others:
        reason = "more than one plain recurrent model has"
    elif not embeddings:
        reason = f"the input of {inputs:,} is not the output of {len(linear[0].weight):,}"
    else:
        reason = f"the output layer reads {linear[0].weight.shape[1]:,} instead of {hidden:,}"
        if linear[0].weight.shape[1] == hidden:
            reason = "embedding and output have different vocabularies"
    return f"The weights are not one plain recurrent model: {', '.join(seen)}: {reason}."
