"""The layers of a Keras model by their roles, and their settings; others are refused by name."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import keras_weights
from rnnrepl.importers.keras_file import KerasFile, KerasLayer
from rnnrepl.rnn.config import Activation, Cell

_CELLS: Final[dict[str, Cell]] = {
    "LSTM": "lstm",
    "CuDNNLSTM": "lstm",
    "GRU": "gru",
    "CuDNNGRU": "gru",
    "SimpleRNN": "rnn",
}
_DENSE: Final = ("Dense", "TimeDistributedDense")
_IGNORED: Final = {
    "InputLayer",
    "Dropout",
    "SpatialDropout1D",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "Masking",
}
ACTIVATIONS: Final[dict[Any, Activation]] = {
    None: "none",
    "linear": "none",
    "tanh": "tanh",
    "relu": "relu",
}
_ACTIVATION_LAYERS: Final = {"Softmax": "softmax", "ReLU": "relu"}
# Versions in which both TensorFlow 1, with hard sigmoids, and TensorFlow 2 wrote files.
_AMBIGUOUS = "2.2.4-tf"


@dataclass
class Stack:
    """The layers of a model by role, and the activation after each Dense layer.

    `before` are Dense layers that read the tokens, `heads` those after the recurrent layers.
    `activation` is that of the last recurrent layer's output.
    """

    embedding: KerasLayer | None = None
    before: list[tuple[KerasLayer, Any]] = field(default_factory=list)
    recurrent: list[KerasLayer] = field(default_factory=list)
    heads: list[tuple[KerasLayer, Any]] = field(default_factory=list)
    activation: Any = None


def stack_of(saved: KerasFile) -> Stack:
    """The layers by role; raises RnnreplError for any other layer, and for a missing one."""
    stack = Stack()
    inputs = [layer for layer in saved.layers if layer.class_name == "InputLayer"]
    if len(inputs) > 1:
        raise RnnreplError(f"The model has {len(inputs)} inputs, a language model one.")
    for layer in saved.layers:
        kind = layer.class_name if saved.has_config else _class_by_weights(layer)
        if kind in _IGNORED or (not saved.has_config and not layer.weights):
            continue
        if not _placed(stack, kind, layer, saved):
            where = " at this place" if kind in (*_DENSE, "Embedding", *_CELLS) else ""
            raise RnnreplError(
                f"The model has a layer {kind} ({layer.name}), not supported{where}."
            )
    if not stack.recurrent or not stack.heads:
        lacking = "output layer" if stack.recurrent else "LSTM, GRU or SimpleRNN layer"
        raise RnnreplError(
            f"The Keras model has no {lacking}: it is not a recurrent language model."
        )
    if len(stack.heads) > 2:
        raise RnnreplError(
            f"The model has {len(stack.heads)} Dense layers after the recurrent ones: at most two "
            "are supported."
        )
    _check_output(*stack.heads[-1])
    return stack


def _placed(stack: Stack, kind: str, layer: KerasLayer, saved: KerasFile) -> bool:
    """Adds a layer to the stack; False where it has no place there."""
    activation = _setting(layer, "activation")
    if kind == "Activation" or kind in _ACTIVATION_LAYERS:
        return _activated(stack, _ACTIVATION_LAYERS.get(kind, activation))
    if kind == "Embedding" and not stack.recurrent and not stack.before and not stack.embedding:
        stack.embedding = layer
    elif kind in _CELLS and not stack.heads and not has_activation(stack.activation):
        _check_settings(layer, saved)
        stack.recurrent.append(layer)
    elif kind in _DENSE:
        (stack.heads if stack.recurrent else stack.before).append((layer, activation))
    else:
        return False
    return True


def has_activation(name: Any) -> bool:
    return name not in (None, "linear")


def _activated(stack: Stack, activation: Any) -> bool:
    """Adds the activation of a layer of its own to the layer before it."""
    dense = stack.heads or ([] if stack.recurrent else stack.before)
    if dense:
        layer, known = dense[-1]
        dense[-1] = (layer, activation)
        return not has_activation(known)
    known, stack.activation = stack.activation, activation
    return bool(stack.recurrent) and not has_activation(known)


def _check_output(layer: KerasLayer, activation: Any) -> None:
    if activation not in ("softmax", "linear", None):
        raise RnnreplError(
            f"The output layer {layer.name} has activation={activation}: its outputs are not "
            "probabilities of one next token."
        )


def _class_by_weights(layer: KerasLayer) -> str:
    if "embeddings" in layer.weights or layer.name.startswith("embedding"):
        return "Embedding"
    if "recurrent_kernel" in layer.weights:
        rows, columns = keras_weights.weight(layer, "recurrent_kernel").shape
        kind = {4: "LSTM", 3: "GRU", 1: "SimpleRNN"}.get(columns // rows, "RNN")
        bias = layer.weights.get("bias", np.empty(0))
        is_cudnn = bias.ndim == 1 and bias.size == 2 * columns
        return f"CuDNN{kind}" if is_cudnn else kind
    if keras_weights.is_of_keras_1(layer):
        return keras_weights.class_of_keras_1(layer)
    return "Dense" if layer.weights.keys() <= {"kernel", "bias"} else layer.name


def _check_settings(layer: KerasLayer, saved: KerasFile) -> None:
    if not saved.has_config:
        if saved.version == _AMBIGUOUS and _kind(layer) == "LSTM":
            raise RnnreplError(
                f"The file holds weights alone of Keras {_AMBIGUOUS}, whose gates are hard "
                "sigmoids in TensorFlow 1 and sigmoids in 2: save the whole model instead."
            )
        return
    if layer.class_name == "SimpleRNN":
        _check(layer, "activation", ("tanh", "relu"))
    else:
        _check(layer, "activation", ("tanh", None))
        for setting in ("recurrent_activation", "inner_activation"):
            _check(layer, setting, ("sigmoid", "hard_sigmoid", None))
    _check(layer, "go_backwards", (False, None))


def version_of(saved: KerasFile) -> tuple[int, ...]:
    match = re.match(r"(\d+)\.(\d+)", saved.version) or re.match(r"(\d+)", saved.version)
    return tuple(map(int, match.groups())) if match else ()


def _setting(layer: KerasLayer, name: str) -> Any:
    value = layer.config.get(name)
    if isinstance(value, dict):  # a serialised object
        value = value.get("config", value)
    return value if value is None or isinstance(value, bool) else str(value)


def _check(layer: KerasLayer, setting: str, allowed: tuple[Any, ...]) -> None:
    value = _setting(layer, setting)
    if value not in allowed:
        raise RnnreplError(f"The layer {layer.name} has {setting}={value}, which is not supported.")


def cell_of(recurrent: list[KerasLayer]) -> Cell:
    cells = {_CELLS[_kind(layer)] for layer in recurrent}
    activations = {_setting(layer, "activation") or "tanh" for layer in recurrent}
    if len(cells) > 1 or (cells == {"rnn"} and len(activations) > 1):
        raise RnnreplError("The model has recurrent layers of two kinds, which is not supported.")
    (cell,) = cells
    return "relu" if cell == "rnn" and activations == {"relu"} else cell


def _kind(layer: KerasLayer) -> str:
    return layer.class_name if layer.class_name in _CELLS else _class_by_weights(layer)


def gate_settings(stack: Stack, saved: KerasFile) -> dict[str, Any]:
    """The settings of `NetworkConfig` for the gates; raises RnnreplError where layers differ."""
    kinds = {
        (_has_hard_gates(layer, saved), _resets_first(layer, saved)) for layer in stack.recurrent
    }
    if len(kinds) > 1:
        raise RnnreplError("The recurrent layers have gates of two kinds, which is not supported.")
    ((hard, first),) = kinds
    return {"hard_gates": hard, "reset_first": first}


def _has_hard_gates(layer: KerasLayer, saved: KerasFile) -> bool:
    """Whether gates are hard sigmoids; for weights alone, the default of the version."""
    if _kind(layer) not in ("LSTM", "GRU"):
        return False
    if saved.has_config:
        names = ("recurrent_activation", "inner_activation")
        return "hard_sigmoid" in [_setting(layer, name) for name in names]
    if _kind(layer) == "GRU" and keras_weights.has_two_biases(layer):
        return False  # the default of TensorFlow 2
    return keras_weights.is_of_keras_1(layer) or () < version_of(saved) < (2, 3)


def _resets_first(layer: KerasLayer, saved: KerasFile) -> bool:
    """Whether a GRU resets the state before the product with it."""
    if _kind(layer) != "GRU":
        return False
    if saved.has_config:
        return not layer.config.get("reset_after", False)
    return not keras_weights.has_two_biases(layer)
