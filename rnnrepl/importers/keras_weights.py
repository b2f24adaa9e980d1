"""Weights of Keras layers in the layout of torch.nn: transposed kernels, reordered gates.

Keras has kernels (inputs, gates x H), with the gates i, f, c, o of an LSTM as in torch, and z, r, h
of a GRU, where torch has r, z, n. Keras 1 has an array a gate: `lstm_1_W_i`, `lstm_1_U_i`,
`lstm_1_b_i`.
"""

import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.keras_file import KerasLayer
from rnnrepl.rnn.network import Floats

_KERAS_1 = re.compile(r".*_(W|U|b)(?:_([ifcozrh]))?")
_NAMES_OF_KERAS_1: Final = {"W": "kernel", "U": "recurrent_kernel", "b": "bias"}
_COUNTS: Final = (4, 3, 1)  # of gates
_SLOPE_OF_KERAS_3 = 5 / 6  # of its hard sigmoid, x/6 + 1/2, in units of x/5 + 1/2


def weight(layer: KerasLayer, name: str) -> Floats:
    """A matrix of a layer; raises RnnreplError where it is missing."""
    array = _named(layer).get(name)
    if array is None or array.ndim != 2 or not array.size:
        raise RnnreplError(f"The layer {layer.name} has no {name} in the file.")
    return array


def dense(layer: KerasLayer) -> tuple[Floats, Floats]:
    """W (outputs, inputs) and b of a Dense layer; b is zero without `use_bias`."""
    kernel = weight(layer, "kernel")
    bias = _named(layer).get("bias", np.zeros(kernel.shape[1], np.float32))
    if bias.shape != kernel.shape[1:]:
        raise RnnreplError(f"The layer {layer.name} has a bias of another size than its kernel.")
    return kernel.T, bias


def embeddings(layer: KerasLayer) -> Floats:
    """The table (V, E) of an Embedding."""
    return weight(layer, "kernel" if "kernel" in _named(layer) else "embeddings")


def recurrent(k: int, layer: KerasLayer, *, keras_3_hard: bool = False) -> dict[str, Floats]:
    """The weights of recurrent layer k, named as in `NetworkConfig.shapes`.

    `keras_3_hard` scales the gates of a hard sigmoid of Keras 3 to that of Keras 1 and 2. Raises
    RnnreplError for kernels of other shapes.
    """
    kernel, state = weight(layer, "kernel"), weight(layer, "recurrent_kernel")
    bias = _named(layer).get("bias")
    hidden = len(state)
    gates = state.shape[1] // hidden
    if state.shape[1] != gates * hidden or gates not in _COUNTS:
        raise RnnreplError(f"The layer {layer.name} has a cell of an unknown shape.")
    if kernel.shape[1] != gates * hidden:
        raise RnnreplError(f"The layer {layer.name} has kernels of different sizes.")
    if layer.class_name.startswith("CuDNN"):
        kernel, state = _without_cudnn(kernel, gates, order="F"), _without_cudnn(state, gates)
    named = {"weight_ih": kernel.T, "weight_hh": state.T}
    if bias is not None:
        if bias.size not in (gates * hidden, 2 * gates * hidden):
            raise RnnreplError(f"The layer {layer.name} has a bias of another size.")
        biases = bias.reshape(-1, gates * hidden)  # (1 or 2, gates x H)
        named |= dict(zip(("bias_ih", "bias_hh"), biases, strict=False))
    if gates == 3:
        named = {name: _torch_gru(array) for name, array in named.items()}
    if keras_3_hard:
        named = {name: _scaled(array, gates) for name, array in named.items()}
    return {f"rnn.{name}_l{k}": array for name, array in named.items()}


def has_two_biases(layer: KerasLayer) -> bool:
    """Whether a GRU has a recurrent bias, as only one with `reset_after` has."""
    bias = _named(layer).get("bias")
    return bias is not None and bias.size == 2 * weight(layer, "recurrent_kernel").shape[1]


def is_of_keras_1(layer: KerasLayer) -> bool:
    """Whether the weights have the names of Keras 1."""
    return bool(layer.weights) and all(map(_KERAS_1.fullmatch, layer.weights))


def class_of_keras_1(layer: KerasLayer) -> str:
    """The class of a layer of Keras 1 whose weights alone are known."""
    endings = {name.rpartition("_")[2]: array for name, array in layer.weights.items()}
    if "U" not in endings:
        names = {"o": "LSTM", "z": "GRU"}
        return next((names[gate] for gate in names if gate in endings), "Dense")
    rows, columns = weight(layer, "recurrent_kernel").shape
    return {4: "LSTM", 3: "GRU"}.get(columns // rows, "SimpleRNN")


def _named(layer: KerasLayer) -> Mapping[str, Floats]:
    """The weights of a layer by the names of Keras 2."""
    if not is_of_keras_1(layer):
        return layer.weights
    parts: dict[str, dict[str, Floats]] = {}
    for name in layer.weights:
        match = _KERAS_1.fullmatch(name)
        assert match
        parts.setdefault(_NAMES_OF_KERAS_1[match[1]], {})[match[2] or ""] = layer.weights[name]
    order = "ifco" if any("o" in part for part in parts.values()) else "zrh"
    if any("" not in part and part.keys() != set(order) for part in parts.values()):
        raise RnnreplError(f"The layer {layer.name} lacks a gate in the file.")
    return {
        name: part[""] if "" in part else np.concatenate([part[gate] for gate in order], -1)
        for name, part in parts.items()
    }


def _torch_gru(rows: Floats) -> Floats:
    z, r, n = np.split(rows, 3)
    return np.concatenate([r, z, n])


def _scaled(rows: Floats, gates: int) -> Floats:
    candidate = 2  # in both orders: i, f, g, o and r, z, n
    parts = np.split(rows, gates)
    return np.concatenate(
        [part if k == candidate else part * _SLOPE_OF_KERAS_3 for k, part in enumerate(parts)]
    )


def _without_cudnn(kernel: Floats, gates: int, order: str = "") -> Floats:
    """A kernel of CuDNN as one of the plain layer, as Keras converts it when loading weights."""
    parts = [part.T for part in np.hsplit(kernel, gates)]
    if order:
        parts = [part.reshape(part.shape[::-1], order="F") for part in parts]
    return np.hstack(parts)
