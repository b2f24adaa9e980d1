"""awd-lstm-lm: LSTM layers with weight dropout, saved as a whole module."""

import re
from collections.abc import Mapping

from rnnrepl.importers.architecture import check_softmax
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.stubs import StubObject
from rnnrepl.importers.tokenizers import lines_with_eos
from rnnrepl.importers.weights import state_dict, weight_sets
from rnnrepl.rnn.network import Floats

_LAYER = re.compile(r"rnns\.(\d+)\.(?:module\.)?((?:weight|bias)_[ih]h)_l0(_raw)?")
_EMBEDDING_COPIES = ("encoder_dp.", "encoder_with_dropout.")  # as fastai stores them


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a file of awd-lstm-lm: the model alone, or with criterion and optimizer."""
    module = file.torch[0] if file.torch and isinstance(file.torch, list) else file.torch
    tensors = state_dict(module)
    if not isinstance(module, StubObject) or not tensors:
        return None
    if "rnns.0.module.weight_ih_l0" not in tensors:
        return None
    check_softmax(weight_sets(file.torch))
    network, weights = assemble(stack_layers(tensors))
    tokenizer, start = lines_with_eos(file.vocabulary(network.vocabulary))
    return ImportedModel("awd-lstm-lm", network, weights, tokenizer, start)


def stack_layers(tensors: Mapping[str, Floats]) -> dict[str, Floats]:
    """Names the weights of one-layer modules as those of one stack.

    A recurrent weight under weight dropout is stored twice: `_raw` is the trained one, the other
    has had dropout applied.
    """
    weights: dict[str, Floats] = {}
    for name in sorted(tensors):  # so that _raw replaces the dropped one
        layer = _LAYER.fullmatch(name)
        if not name.startswith(_EMBEDDING_COPIES):
            weights[f"rnn.{layer[2]}_l{layer[1]}" if layer else name] = tensors[name]
    return weights
