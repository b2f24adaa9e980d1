"""Keras 2 and 3: Embedding or one-hot input, LSTM, GRU or SimpleRNN layers, and one Dense layer."""

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import keras_file
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.keras_file import KerasFile, KerasLayer
from rnnrepl.importers.tokenizers import of_vocabulary
from rnnrepl.importers.vocabulary_search import PAD
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork

_CELLS: Final[dict[str, Cell]] = {
    "LSTM": "lstm",
    "CuDNNLSTM": "lstm",
    "GRU": "gru",
    "CuDNNGRU": "gru",
    "SimpleRNN": "rnn",
}
_IGNORED: Final = {
    "InputLayer",
    "Dropout",
    "SpatialDropout1D",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "Masking",
}
_SUMS_OF_GATES: Final = {4: "lstm", 3: "gru", 1: "rnn"}


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a Keras model, or its weights alone; None for other files.

    Raises RnnreplError, one sentence that names the layer, for other architectures.
    """
    saved = keras_file.read(file.content)
    if saved is None:
        return None
    _refuse_textgenrnn(saved)
    embedding, recurrent, dense = _layers(saved)
    tensors: dict[str, Floats] = {}
    for k, layer in enumerate(recurrent):
        tensors |= _recurrent_weights(k, layer)
    if "bias" in dense.weights:
        tensors["decoder.bias"] = dense.weights["bias"]
    tensors["decoder.weight"] = _weight(dense, "kernel").T
    one_hot = np.eye(tensors["rnn.weight_ih_l0"].shape[1], dtype=np.float32)
    tensors["encoder.weight"] = _weight(embedding, "embeddings") if embedding else one_hot
    network, weights = assemble(tensors, _cell(recurrent))
    vocabulary = file.find_vocabulary(network.vocabulary)
    tokenizer, start = of_vocabulary(vocabulary)
    window = _window(saved)
    notes = list(_notes(saved, window, padded=PAD in vocabulary.tokens))
    if PAD in vocabulary.tokens and embedding:
        start = "none"
        if window and not embedding.config.get("mask_zero"):
            network, weights = _after_pads(network, weights, window - 1)
    notes += file.vocabulary_notes
    return ImportedModel("keras", network, weights, tokenizer, start, tuple(notes))


def _refuse_textgenrnn(saved: KerasFile) -> None:
    names = {layer.name for layer in saved.layers}
    if {"attention", "rnn_concat"} <= names:
        raise RnnreplError(
            "The model is one of textgenrnn, which averages over a window of the text with "
            "attention: it is not a recurrent model of a stream of tokens."
        )


def _layers(saved: KerasFile) -> tuple[KerasLayer | None, list[KerasLayer], KerasLayer]:
    """Embedding, recurrent layers and output layer; raises RnnreplError for any other layer."""
    embedding: KerasLayer | None = None
    recurrent: list[KerasLayer] = []
    dense: KerasLayer | None = None
    for layer in saved.layers:
        kind = layer.class_name if saved.has_config else _class_by_weights(layer)
        if kind in _IGNORED or (not saved.has_config and not layer.weights):
            continue
        if kind == "Activation" and dense and layer.config.get("activation") == "softmax":
            continue
        if kind == "Embedding" and not recurrent and embedding is None:
            embedding = layer
        elif kind in _CELLS and dense is None:
            _check_settings(layer, saved)
            recurrent.append(layer)
        elif kind == "Dense" and recurrent and dense is None:
            _check(layer, "activation", ("softmax", "linear", None))
            dense = layer
        else:
            where = " at this place" if kind in ("Dense", "Embedding", *_CELLS) else ""
            raise RnnreplError(
                f"The model has a layer {kind} ({layer.name}), not supported{where}."
            )
    if not recurrent or dense is None:
        lacking = "output layer" if recurrent else "LSTM, GRU or SimpleRNN layer"
        raise RnnreplError(
            f"The Keras model has no {lacking}: it is not a recurrent language model."
        )
    return embedding, recurrent, dense


def _class_by_weights(layer: KerasLayer) -> str:
    if "embeddings" in layer.weights:
        return "Embedding"
    if "recurrent_kernel" in layer.weights:
        rows, columns = layer.weights["recurrent_kernel"].shape
        return {4: "LSTM", 3: "GRU", 1: "SimpleRNN"}.get(columns // rows, "RNN")
    return "Dense" if layer.weights.keys() <= {"kernel", "bias"} else layer.name


def _check_settings(layer: KerasLayer, saved: KerasFile) -> None:
    if not saved.has_config:
        if _version(saved) < (2, 3) and _kind(layer) != "SimpleRNN":
            raise RnnreplError(
                "The file holds weights of a Keras before 2.3 alone: whether its gates are hard "
                "sigmoids is not said. Save the whole model instead."
            )
        return
    if layer.class_name == "SimpleRNN":
        _check(layer, "activation", ("tanh", "relu"))
    else:
        _check(layer, "activation", ("tanh", None))
        _check(layer, "recurrent_activation", ("sigmoid", None))
    _check(layer, "inner_activation", (None,))
    _check(layer, "go_backwards", (False, None))
    if layer.class_name == "GRU" and not layer.config.get("reset_after", False):
        raise RnnreplError(
            f"The layer {layer.name} is a GRU without reset_after, which resets the state before "
            "the product with the recurrent kernel: it is not supported."
        )


def _version(saved: KerasFile) -> tuple[int, ...]:
    match = re.match(r"(\d+)\.(\d+)", saved.version) or re.match(r"(\d+)", saved.version)
    return tuple(map(int, match.groups())) if match else ()


def _check(layer: KerasLayer, setting: str, allowed: tuple[Any, ...]) -> None:
    value = layer.config.get(setting)
    if isinstance(value, dict):  # a serialised object
        value = value.get("config", value)
        value = value if isinstance(value, str) else str(value)
    if value not in allowed:
        raise RnnreplError(f"The layer {layer.name} has {setting}={value}, which is not supported.")


def _cell(recurrent: list[KerasLayer]) -> Cell:
    cells = {_CELLS[_kind(layer)] for layer in recurrent}
    activations = {str(layer.config.get("activation", "tanh")) for layer in recurrent}
    if len(cells) > 1 or (cells == {"rnn"} and len(activations) > 1):
        raise RnnreplError("The model has recurrent layers of two kinds, which is not supported.")
    (cell,) = cells
    return "relu" if cell == "rnn" and activations == {"relu"} else cell


def _kind(layer: KerasLayer) -> str:
    return layer.class_name if layer.class_name in _CELLS else _class_by_weights(layer)


def _weight(layer: KerasLayer, name: str) -> Floats:
    weight = layer.weights.get(name)
    if weight is None or weight.ndim != 2:
        raise RnnreplError(f"The layer {layer.name} has no {name} in the file.")
    return weight


def _recurrent_weights(k: int, layer: KerasLayer) -> dict[str, Floats]:
    """The weights of a layer in the layout of torch.nn.

    Keras has kernels (inputs, gates x H), with the gates i, f, c, o of an LSTM as in torch, and
    z, r, h of a GRU, where torch has r, z, n.
    """
    kernel, recurrent = _weight(layer, "kernel"), _weight(layer, "recurrent_kernel")
    bias = layer.weights.get("bias")
    hidden = len(recurrent)
    gates = recurrent.shape[1] // hidden
    if recurrent.shape[1] != gates * hidden or gates not in _SUMS_OF_GATES:
        raise RnnreplError(f"The layer {layer.name} has a cell of an unknown shape.")
    if kernel.shape[1] != gates * hidden:
        raise RnnreplError(f"The layer {layer.name} has kernels of different sizes.")
    if layer.class_name.startswith("CuDNN"):
        kernel, recurrent = (
            _without_cudnn(kernel, gates, order="F"),
            _without_cudnn(recurrent, gates),
        )
    named = {"weight_ih": kernel.T, "weight_hh": recurrent.T}
    if bias is not None:
        biases = bias.reshape(-1, gates * hidden)  # (1 or 2, gates x H)
        named |= dict(zip(("bias_ih", "bias_hh"), biases, strict=False))
    if gates == 3:
        named = {name: _torch_gru(array) for name, array in named.items()}
    return {f"rnn.{name}_l{k}": array for name, array in named.items()}


def _torch_gru(rows: Floats) -> Floats:
    z, r, n = np.split(rows, 3)
    return np.concatenate([r, z, n])


def _without_cudnn(kernel: Floats, gates: int, order: str = "") -> Floats:
    """A kernel of CuDNN as one of the plain layer, as Keras converts it when loading weights."""
    parts = [part.T for part in np.hsplit(kernel, gates)]
    if order:
        parts = [part.reshape(part.shape[::-1], order="F") for part in parts]
    return np.hstack(parts)


def _window(saved: KerasFile) -> int:
    """The number of tokens in the windows that the model was trained on; 0 if it is not fixed."""
    for layer in saved.layers:
        for setting in ("batch_input_shape", "batch_shape"):
            shape = layer.config.get(setting)
            if isinstance(shape, list) and len(shape) > 1 and isinstance(shape[1], int):
                return shape[1]
    return 0


def _notes(saved: KerasFile, window: int, *, padded: bool) -> Iterator[str]:
    if not saved.has_config:
        yield "The file holds weights alone: the default activations of Keras are assumed."
    if window and padded:
        yield f"The model was trained on windows of {window} tokens, padded on the left."
    elif window:
        yield f"The model was trained on windows of {window} tokens: it never saw longer texts."


def _after_pads(
    network: NetworkConfig, weights: dict[str, Floats], count: int
) -> tuple[NetworkConfig, dict[str, Floats]]:
    """The model that begins in the state after `count` pads, as its program pads every text."""
    pads = np.zeros(count, np.intp)
    runtime = NumpyNetwork(network, weights, np.float64)
    _, (state,) = runtime.forward(pads, [1] * count, runtime.initial()[None])
    settings = network.to_dict() | {"initial": "learnt"}
    return NetworkConfig.from_dict(settings), weights | {"initial": state}
