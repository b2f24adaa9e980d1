"""Character models of stanza: `charlm`, forward and backward, in many languages."""

import re
from typing import Any

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.imported import BACKWARD, Imported
from rnnrepl.importers.modules import Tensors, tensors
from rnnrepl.importers.pickles import damaged
from rnnrepl.importers.source import Source
from rnnrepl.importers.vocabulary import characters
from rnnrepl.rnn.network import Floats

_LAYER = re.compile(r"charlstm\.lstm\.((?:weight|bias)_[ih]h)_l(\d+)")
_CELL = re.compile(r"charlstm\.lstm\.cells\.(\d+)\.((?:weight|bias)_[ih]h)")  # trained with dropout
_OTHERS = {
    "char_emb.weight": "encoder.weight",
    "charlstm_h_init": "h",
    "charlstm_c_init": "c",
}


def read(source: Source) -> Imported | None:
    """The model in a file of stanza's charlm, a checkpoint of its trainer included."""
    saved = source.torch
    if isinstance(saved, dict) and isinstance(saved.get("model"), dict):
        saved = saved["model"]
    if not isinstance(saved, dict) or not saved.keys() >= {"state_dict", "vocab"}:
        return None
    found = tensors(saved["state_dict"])
    if not found or "char_emb.weight" not in found:
        return None
    weights = _weights(found)
    network = assembly.network(weights)
    tokens = _tokens(saved["vocab"])
    return Imported(
        format="stanza charlm",
        network=network,
        weights=weights,
        tokenizer="char",
        vocabulary=characters(tokens),
        start={"token": "\n" if "\n" in tokens else "<unk>"},
        notes=() if saved.get("is_forward_lm", True) else (BACKWARD,),
    )


def _weights(found: Tensors) -> dict[str, Floats]:
    weights = {_name(name): tensor.array() for name, tensor in found.items()}
    # The state that it learnt to begin with, (layers, 1, H) each.
    initial = np.concatenate([weights.pop(kind, np.empty(0)).ravel() for kind in "hc"])
    if initial.any():
        weights["initial"] = initial
    return weights


def _name(name: str) -> str:
    if layer := _LAYER.fullmatch(name):
        return f"rnn.{layer[1]}_l{layer[2]}"
    if cell := _CELL.fullmatch(name):
        return f"rnn.{cell[2]}_l{cell[1]}"
    return _OTHERS.get(name, name)


def _tokens(vocab: Any) -> list[str]:
    """The characters by id, `<unk>` written as `char` has it."""
    units = vocab.get("_id2unit") if isinstance(vocab, dict) else None
    if not isinstance(units, list) or not all(isinstance(unit, str) for unit in units):
        raise damaged("its vocabulary is no list of characters")
    if vocab.get("lower"):
        raise RnnreplError("The model reads nothing but lower case, which no tokenizer here gives.")
    return ["<unk>" if unit == "<UNK>" else unit for unit in units]
