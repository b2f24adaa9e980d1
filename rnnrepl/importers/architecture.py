"""The architecture of a set of weights: embedding, recurrent layers and output, by their shapes."""

import re
from collections.abc import Iterable
from typing import Final

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import (
    cells,
    gated_cells,
    heads,
    initial_state,
    parameter_lists,
    recurrent_layers,
)
from rnnrepl.importers.cells import Nonlinearity
from rnnrepl.importers.parts import Parts, split_parts
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.weights import WeightSet

_HARMLESS_ACTIVATIONS: Final = ("Softmax", "LogSoftmax", "Softmax2d")
_UNSUPPORTED_MODULE = re.compile(r"BatchNorm|Conv|Attention|Transformer|GroupNorm|Bilinear")
_TRANSFORMER_NAME = re.compile(r"attn|attention|transformer|in_proj_weight|q_proj|self_attn", re.I)
_OTHER_SOFTMAX: Final = {
    "a split softmax (tail_vectors)": re.compile(r"(.*\.)?tail_vectors"),
    "an adaptive softmax (AdaptiveLogSoftmaxWithLoss)": re.compile(r"(.*\.)?tail\.\d+\.1\.weight"),
}


def check_softmax(sets: Iterable[WeightSet]) -> None:
    """Raises RnnreplError if any set of weights of a file belongs to another output than a softmax.

    Such weights may be in the loss, beside a model that looks plain.
    """
    for kind, pattern in _OTHER_SOFTMAX.items():
        if any(pattern.fullmatch(name) for weights in sets for name in weights.arrays):
            raise RnnreplError(
                f"The model was trained with {kind}, as large vocabularies have: its probabilities "
                "cannot be computed here."
            )


def infer(weights: WeightSet, nonlinearity: Nonlinearity | None = None) -> Readings:
    """The readings of a set of weights.

    `nonlinearity` is that of cells which do not say whether they use tanh or ReLU; tanh by default.
    Raises RnnreplError, one sentence with what was recognised, where the weights do not describe
    exactly one embedding (or one-hot input), one stack of recurrent layers and one output layer.
    """
    parts = split_parts(parameter_lists.named(weights.arrays))
    if problem := _unsupported(weights, parts):
        raise RnnreplError(f"The model has {problem}, which is not supported.")
    if not parts.recurrent:
        initial = initial_state.take(parts)
        gated = gated_cells.infer(parts)
        readings = gated or cells.infer(parts, nonlinearity)
        return initial_state.add(readings, initial)
    layers = recurrent_layers.stack(parts, weights)
    cell, notes = recurrent_layers.common_cell(layers, nonlinearity)
    initial = initial_state.take(parts)
    named = recurrent_layers.named_weights(layers)
    ends = heads.infer(parts, layers, weights, recurrent_layers.summary(layers, cell))
    readings = Readings(
        [
            Reading(named | end.weights, cell, end.settings, (*notes, *end.notes), end.choice)
            for end in ends.all
        ],
        ends.unsure,
    )
    return initial_state.add(readings, initial)


def _unsupported(weights: WeightSet, parts: Parts) -> str:
    """What a model has that no plain recurrent network has; empty where there is nothing."""
    for path, module in weights.modules.items():
        package, _, name = module.class_name.rpartition(".")
        if module.attributes.get("max_norm") is not None:
            return f"an embedding with max_norm ({path})"
        if package.startswith("torch.nn.") and _UNSUPPORTED_MODULE.search(name):
            return f"{name} ({path})"
        if name == "LayerNorm" and module.attributes.get("eps", 1e-5) != 1e-5:
            return f"LayerNorm ({path}) with another eps than 1e-5"
        known = (*_HARMLESS_ACTIVATIONS, *heads.ACTIVATIONS)
        if package.endswith("nn.modules.activation") and name not in known:
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
    return ""
