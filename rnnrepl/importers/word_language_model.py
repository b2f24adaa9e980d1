"""word_language_model of PyTorch, colorlessgreenRNNs, neural-complexity, char-rnn.pytorch.

All of them are one class: `encoder`, `rnn`, `decoder`. A file holds the whole module, or its
state_dict; words are not in it, those of char-rnn.pytorch are Python's printable characters.
"""

import string
from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.imported import Imported
from rnnrepl.importers.modules import inside, tensors, whole
from rnnrepl.importers.pickles import Standin
from rnnrepl.importers.source import Source
from rnnrepl.importers.vocabulary import characters, ended_lines
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.rnn.network import Floats

_NAMES = {"encoder.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0", "decoder.weight"}
_MODES: dict[Any, Cell] = {"RNN_TANH": "rnn", "RNN_RELU": "relu"}


def read(source: Source) -> Imported | None:
    """The model in a file of this family; None where it is of another."""
    model = whole(source.torch)
    found = tensors(model)
    if not found or not found.keys() >= _NAMES:
        return None
    weights = {name: tensor.array() for name, tensor in found.items()}
    mode = getattr(inside(model, "rnn"), "attributes", {}).get("mode")
    network = assembly.network(weights, _MODES.get(mode))
    if isinstance(model, Standin) and model.kind.endswith(".CharRNN"):
        return _of_characters(network, weights)
    tokens = source.vocabulary(network.vocabulary)
    notes = []
    if network.cell == "rnn" and mode is None:
        notes.append("The file does not say whether its cells are tanh or ReLU: tanh is taken.")
    return Imported(
        format="word_language_model",
        network=network,
        weights=weights,
        **ended_lines(tokens),
        notes=tuple(notes),
    )


def _of_characters(network: NetworkConfig, weights: dict[str, Floats]) -> Imported:
    if network.vocabulary != len(string.printable):
        raise RnnreplError(
            f"The model has {network.vocabulary:,} characters, and char-rnn.pytorch the "
            f"{len(string.printable)} of string.printable: which ones these are is not in the file."
        )
    return Imported(
        format="char-rnn.pytorch",
        network=network,
        weights=weights,
        tokenizer="char",
        vocabulary=characters(string.printable),
        start={"token": "\n"},
    )
