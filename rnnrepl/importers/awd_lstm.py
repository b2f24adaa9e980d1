"""awd-lstm-lm: LSTMs with dropped weights, saved whole."""

import re
from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.imported import Imported
from rnnrepl.importers.modules import Tensors, tensors
from rnnrepl.importers.pickles import Standin
from rnnrepl.importers.source import Source
from rnnrepl.importers.vocabulary import ended_lines
from rnnrepl.rnn.network import Floats

_LAYER = re.compile(r"rnns\.(\d+)\.(?:module\.)?((?:weight|bias)_[ih]h)_l0(_raw)?")
_COPIES = ("encoder_dp.", "encoder_with_dropout.")  # the embedding again, as fastai keeps it


def read(source: Source) -> Imported | None:
    """The model in a file of awd-lstm-lm: alone, or with the criterion and the optimizer."""
    model, *others = source.torch if isinstance(source.torch, list) else [source.torch]
    found = tensors(model)
    if not isinstance(model, Standin) or not found or "rnns.0.module.weight_ih_l0" not in found:
        return None
    if any(_splits(other) for other in others):
        raise RnnreplError(
            "The model was trained with a softmax in parts (tail_vectors), as vocabularies of more "
            "than 75,000 words are: its probabilities cannot be computed here."
        )
    weights = stacked(found)
    network = assembly.network(weights)
    tokens = source.vocabulary(network.vocabulary)
    return Imported(
        format="awd-lstm-lm",
        network=network,
        weights=weights,
        **ended_lines(tokens),
    )


def stacked(found: Tensors) -> dict[str, Floats]:
    """The weights of layers that are modules of their own, as those of one network.

    Of a recurrent weight that is dropped from, `_raw` is what was learnt; the other is what a
    dropout left of it.
    """
    weights: dict[str, Floats] = {}
    for name, tensor in sorted(found.items()):  # so that _raw comes later
        layer = _LAYER.fullmatch(name)
        if not name.startswith(_COPIES):
            weights[f"rnn.{layer[2]}_l{layer[1]}" if layer else name] = tensor.array()
    return weights


def _splits(other: Any) -> bool:
    """Whether this is a criterion with a softmax in parts."""
    found = tensors(other) if isinstance(other, Standin) else None
    return bool(found and "tail_vectors" in found)
