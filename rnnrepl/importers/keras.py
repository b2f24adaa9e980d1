"""Keras 1 to 3: Embedding or one-hot input, LSTM, GRU or SimpleRNN layers, and Dense layers."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import keras_file, keras_lists, keras_weights
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.deciding import decide
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.inputs import numbers, one_hot
from rnnrepl.importers.keras_file import KerasFile
from rnnrepl.importers.keras_stack import (
    ACTIVATIONS,
    Stack,
    cell_of,
    gate_settings,
    has_activation,
    stack_of,
    version_of,
)
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.tokenizers import of_vocabulary
from rnnrepl.importers.vocabulary_search import PAD
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork

_WEIGHTS_ALONE: Final = (
    "The file holds weights alone: the default activations of Keras are assumed."
)


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a Keras model, or its weights alone; None for other files.

    Raises RnnreplError, one sentence that names the layer, for other architectures.
    """
    saved = keras_file.read(file.content) or keras_lists.read(file.value)
    if saved is None:
        return None
    _refuse_textgenrnn(saved)
    stack = stack_of(saved)
    settings = gate_settings(stack, saved)
    keras_3_hard = settings.get("hard_gates", False) and version_of(saved) >= (3,)
    tensors: dict[str, Floats] = {}
    for k, layer in enumerate(stack.recurrent):
        tensors |= keras_weights.recurrent(k, layer, keras_3_hard=keras_3_hard)
    tensors |= _head(stack, settings)
    cell = cell_of(stack.recurrent)
    alone = () if saved.has_config else (_WEIGHTS_ALONE,)
    alternatives = [
        Reading(tensors | {"encoder.weight": table}, cell, settings, alone, choice)
        for choice, table in _inputs(stack, tensors)
    ]
    if isinstance(saved, keras_lists.ListedWeights):
        alternatives = keras_lists.by_gates(alternatives, saved)
    readings = Readings(alternatives)
    if len(alternatives) > 1 and not file.text:
        readings = Readings([readings.assumed()])
    vocabulary = file.find_vocabulary(readings.vocabulary)
    tokenizer, start = of_vocabulary(vocabulary)
    window = _window(saved)
    reading = decide(readings, tokenizer, start, file, window)
    network, weights = assemble(reading.weights, reading.cell, **reading.settings)
    notes = [*reading.notes, *_window_notes(window, padded=PAD in vocabulary.tokens)]
    if PAD in vocabulary.tokens and stack.embedding:
        start = "none"
        if window and not stack.embedding.config.get("mask_zero"):
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


def _head(stack: Stack, settings: dict[str, Any]) -> dict[str, Floats]:
    """The output layer and what precedes it, as the projection; sets its activation."""
    tensors: dict[str, Floats] = {}
    if len(stack.heads) == 2 or has_activation(stack.activation):
        hidden = len(keras_weights.weight(stack.recurrent[-1], "recurrent_kernel"))
        projection = np.eye(hidden, dtype=np.float32), np.zeros(hidden, np.float32)
        name, activation = stack.recurrent[-1].name, stack.activation
        if len(stack.heads) == 2:
            if has_activation(activation):
                raise RnnreplError(f"The activation {activation} at this place is not supported.")
            layer, activation = stack.heads[0]
            name, projection = layer.name, keras_weights.dense(layer)
        if activation not in ACTIVATIONS:
            raise RnnreplError(f"The layer {name} has activation={activation}, not supported.")
        settings["activation"] = ACTIVATIONS[activation]
        tensors["projection.weight"], tensors["projection.bias"] = projection
    tensors["decoder.weight"], tensors["decoder.bias"] = keras_weights.dense(stack.heads[-1][0])
    return tensors


def _inputs(stack: Stack, tensors: dict[str, Floats]) -> list[tuple[str, Floats]]:
    """What the first recurrent layer reads for each token, (V, inputs): the readings, described.

    Dense layers before it read one token each, so their outputs are a table as well.
    """
    vocabulary = len(tensors["decoder.weight"])
    if vocabulary < 2:
        raise RnnreplError("The model predicts one number, not one of several tokens.")
    if stack.embedding:
        tables = [("", keras_weights.embeddings(stack.embedding))]
    else:
        width = tensors["rnn.weight_ih_l0"].shape[1]
        if stack.before:
            width = keras_weights.dense(stack.before[0][0])[0].shape[1]
        if width == 1 < vocabulary:
            tables = numbers(vocabulary)
        elif width == vocabulary:
            tables = [("", one_hot(vocabulary))]
        else:
            raise RnnreplError(
                f"The model reads {width:,} numbers a token and predicts {vocabulary:,} tokens: "
                "its input is neither one-hot nor an Embedding."
            )
    if (read := len(tables[0][1])) != vocabulary:
        raise RnnreplError(
            f"The model reads {read:,} tokens and predicts {vocabulary:,}: embedding and "
            "output have different vocabularies."
        )
    return [(choice, _through_dense(stack, table)) for choice, table in tables]


def _through_dense(stack: Stack, table: Floats) -> Floats:
    """A table after the Dense layers before the recurrent ones."""
    for layer, activation in stack.before:
        weight, bias = keras_weights.dense(layer)
        if activation not in ACTIVATIONS or weight.shape[1] != table.shape[1]:
            raise RnnreplError(f"The layer {layer.name} before the recurrent ones does not fit.")
        table = table @ weight.T + bias
        table = {"none": table, "tanh": np.tanh(table), "relu": np.maximum(table, 0)}[
            ACTIVATIONS[activation]
        ]
    return table


def _window(saved: KerasFile) -> int:
    """The number of tokens in the windows that the model was trained on; 0 if it is not fixed."""
    for layer in saved.layers:
        for setting in ("batch_input_shape", "batch_shape"):
            shape = layer.config.get(setting)
            if isinstance(shape, list) and len(shape) > 1 and isinstance(shape[1], int):
                return shape[1]
    return 0


def _window_notes(window: int, *, padded: bool) -> Iterator[str]:
    if window and padded:
        yield f"The model was trained on windows of {window} tokens, padded on the left."
    elif window > 1:
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
