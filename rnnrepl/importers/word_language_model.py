"""word_language_model of PyTorch, colorlessgreenRNNs, neural-complexity and char-rnn.pytorch.

All share one layout: `encoder`, `rnn`, `decoder`. A file holds the whole module or its state_dict.
The words are not in it; char-rnn.pytorch uses Python's printable characters.
"""

import string
from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.modules import state_dict, submodule, unwrap
from rnnrepl.importers.pickles import StubObject
from rnnrepl.importers.vocabulary import characters, lines_with_eos
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.rnn.network import Floats

_REQUIRED = {"encoder.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0", "decoder.weight"}
_MODES: dict[Any, Cell] = {"RNN_TANH": "rnn", "RNN_RELU": "relu"}


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a model of this family; None for other files."""
    module = unwrap(file.torch)
    tensors = state_dict(module)
    if not tensors or not tensors.keys() >= _REQUIRED:
        return None
    mode = getattr(submodule(module, "rnn"), "attributes", {}).get("mode")
    arrays = {name: tensor.array() for name, tensor in tensors.items()}
    network, weights = assemble(arrays, _MODES.get(mode))
    if isinstance(module, StubObject) and module.class_name.endswith(".CharRNN"):
        return _char_rnn_pytorch(network, weights)
    tokenizer, start = lines_with_eos(file.vocabulary(network.vocabulary))
    notes = []
    if network.cell == "rnn" and mode is None:
        notes.append("The file does not say whether the RNN uses tanh or ReLU: tanh is assumed.")
    return ImportedModel("word_language_model", network, weights, tokenizer, start, tuple(notes))


def _char_rnn_pytorch(network: NetworkConfig, weights: dict[str, Floats]) -> ImportedModel:
    if network.vocabulary != len(string.printable):
        raise RnnreplError(
            f"The model has {network.vocabulary:,} characters, and char-rnn.pytorch the "
            f"{len(string.printable)} of string.printable: the file does not name them."
        )
    tokenizer = characters(string.printable)
    return ImportedModel("char-rnn.pytorch", network, weights, tokenizer, {"token": "\n"})
