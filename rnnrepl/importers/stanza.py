"""stanza: character language models (`charlm`), forward and backward."""

import re
from typing import Any

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import BACKWARD, ImportedModel
from rnnrepl.importers.stubs import damaged
from rnnrepl.importers.tokenizers import characters
from rnnrepl.importers.weights import state_dict
from rnnrepl.rnn.network import Floats

_LAYER = re.compile(r"charlstm\.lstm\.((?:weight|bias)_[ih]h)_l(\d+)")
_CELL = re.compile(r"charlstm\.lstm\.cells\.(\d+)\.((?:weight|bias)_[ih]h)")  # char_rec_dropout > 0
_NAMES = {
    "char_emb.weight": "encoder.weight",
    "charlstm_h_init": "h",
    "charlstm_c_init": "c",
}


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a model of stanza's charlm, or a checkpoint of its trainer."""
    saved = file.torch
    if isinstance(saved, dict) and isinstance(saved.get("model"), dict):
        saved = saved["model"]
    if not isinstance(saved, dict) or not saved.keys() >= {"state_dict", "vocab"}:
        return None
    tensors = state_dict(saved["state_dict"])
    if not tensors or "char_emb.weight" not in tensors:
        return None
    network, weights = assemble(_weights(tensors))
    tokens = _tokens(saved["vocab"])
    return ImportedModel(
        format="stanza charlm",
        network=network,
        weights=weights,
        tokenizer=characters(tokens),
        start={"token": "\n" if "\n" in tokens else "<unk>"},
        notes=() if saved.get("is_forward_lm", True) else (BACKWARD,),
    )


def _weights(tensors: dict[str, Floats]) -> dict[str, Floats]:
    weights = {_name(name): array for name, array in tensors.items()}
    # The trained initial state: h, then c, each (layers, 1, H).
    initial = np.concatenate([weights.pop(part, np.empty(0)).ravel() for part in "hc"])
    if initial.any():
        weights["initial"] = initial
    return weights


def _name(name: str) -> str:
    if layer := _LAYER.fullmatch(name):
        return f"rnn.{layer[1]}_l{layer[2]}"
    if cell := _CELL.fullmatch(name):
        return f"rnn.{cell[2]}_l{cell[1]}"
    return _NAMES.get(name, name)


def _tokens(vocab: Any) -> list[str]:
    """The characters by id, with `<UNK>` renamed to the `<unk>` of `char`."""
    units = vocab.get("_id2unit") if isinstance(vocab, dict) else None
    if not isinstance(units, list) or not all(isinstance(unit, str) for unit in units):
        raise damaged("its vocabulary is not a list of characters")
    if vocab.get("lower"):
        raise RnnreplError("The model reads lower case only, which no tokenizer here produces.")
    return ["<unk>" if unit == "<UNK>" else unit for unit in units]
