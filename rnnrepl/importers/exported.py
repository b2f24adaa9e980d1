"""Models that `convert` wrote, in every format: they come back with their cards and scores."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnrepl import checkpoint
from rnnrepl.checkpoint import CARD, WEIGHTS, Card, single_file
from rnnrepl.files.model_folders import SUFFIX, vocabulary_beside
from rnnrepl.files.reading import read_bytes
from rnnrepl.importers import onnx_file
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.stubs import damaged
from rnnrepl.importers.tokenizers import TokenizerSpec
from rnnrepl.importers.weights import state_dict
from rnnrepl.rnn.module_names import module_name
from rnnrepl.rnn.network import Floats
from rnnrepl.tokenizer import find, restore

MAX_BYTES = 1 << 28  # of the file with the vocabulary


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a model that `convert` wrote; None for files of other programs.

    Raises RnnreplError for a model that is damaged, and for a tokenizer that is not installed.
    """
    return _ours(file.path) or _of_torch(file) or _of_onnx(file)


def _ours(path: Path) -> ImportedModel | None:
    """A model in one file, or the folder with these weights."""
    if path.name == WEIGHTS and (path.parent / CARD).is_file():
        loaded = checkpoint.read(path.parent)
    elif path.suffix == SUFFIX and single_file.is_model(path):
        loaded = checkpoint.read(path)
    else:
        return None
    model = _model(loaded.card, loaded.tokenizer.to_dict(), loaded.weights)
    return replace(model, dtype=loaded.dtype or "float32")


def _of_torch(file: CheckpointFile) -> ImportedModel | None:
    """A state_dict with the vocabulary that was written beside it."""
    beside = vocabulary_beside(file.path)
    try:
        described = json.loads(read_bytes(beside, MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(described, dict) or not {"model", "tokenizer"} <= described.keys():
        return None
    arrays = state_dict(file.torch)
    if arrays is None:
        raise damaged(f"it is no state_dict, which {beside.name} belongs to")
    return _described(described, lambda name, card: arrays.get(module_name(name, card.network)))


def _of_onnx(file: CheckpointFile) -> ImportedModel | None:
    """A graph that holds the weights under their names, and describes the model in its metadata."""
    graph = onnx_file.read(file.content)
    if graph is None:
        return None
    try:
        names = ("model", "tokenizer", "initial")
        described = {name: json.loads(graph.metadata[name]) for name in names}
        initial = np.array(described["initial"], np.float32)
    except (KeyError, ValueError, TypeError, RecursionError, OverflowError):
        raise damaged("its metadata describe no model") from None
    arrays = {**graph.arrays, "initial": initial}
    return _described(described, lambda name, _: arrays.get(name))


def _described(
    described: Mapping[str, Any], weight: Callable[[str, Card], Floats | None]
) -> ImportedModel:
    """The model of a card and a tokenizer in JSON, with its weights by name."""
    model, tokenizer = described["model"], described["tokenizer"]
    if not isinstance(model, dict) or not isinstance(tokenizer, dict):
        raise damaged("its model or its tokenizer is no JSON object")
    card = Card.from_dict(model)
    restore(find(card.tokenizer), tokenizer, card.network.vocabulary)
    arrays = {name: weight(name, card) for name in card.network.shapes()}
    weights = {name: array for name, array in arrays.items() if array is not None}
    return _model(card, tokenizer, weights)


def _model(
    card: Card, tokenizer: Mapping[str, Any], weights: Mapping[str, Floats]
) -> ImportedModel:
    spec = TokenizerSpec(card.tokenizer, tokenizer)
    return ImportedModel("rnnrepl", card.network, weights, spec, card.start, original=card)
