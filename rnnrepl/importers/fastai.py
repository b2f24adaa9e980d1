"""AWD-LSTM of fastai, from 0.7 on: a state_dict, and the vocabulary as itos.pkl."""

from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.awd_lstm import stacked
from rnnrepl.importers.imported import Imported
from rnnrepl.importers.modules import Tensors, tensors
from rnnrepl.importers.source import Source
from rnnrepl.importers.vocabulary import words

_UNKNOWN = ("xxunk", "_unk_")
_STARTS = ("xxbos", "xbos")
_MARKED = "Capitals and repetitions are marked in its texts (xxmaj, xxrep, ...): give it texts so."
_UNTRAINED = "The file has an encoder and no decoder: the embedding is its softmax, without a bias."


def read(source: Source) -> Imported | None:
    """The language model in a file of fastai: whole, with its optimizer, or the encoder alone."""
    saved = source.torch
    if isinstance(saved, dict) and isinstance(saved.get("model"), dict):
        saved = saved["model"]
    found = _parts(tensors(saved) if isinstance(saved, dict) else None)
    if not found or not found.keys() >= {"encoder.weight", "rnns.0.module.weight_ih_l0"}:
        return None
    if any(name.startswith("layers.") for name in found):
        raise RnnreplError("The file is a classifier: its language model is another file.")
    decoded = "decoder.weight" in found
    weights = stacked(found)
    network = assembly.network(weights)
    tokens = source.vocabulary(network.vocabulary)
    unknown = _first(_UNKNOWN, tokens)
    start = _first(_STARTS, tokens)
    return Imported(
        format="fastai",
        network=network,
        weights=weights,
        tokenizer="whitespace",
        vocabulary=words(tokens, unknown, None),
        start={"token": start} if start else "zeros",
        notes=(_MARKED,) if decoded else (_MARKED, _UNTRAINED),
    )


def _parts(found: Tensors | None) -> Tensors | None:
    """The weights without the places of encoder (0) and decoder (1) in the whole."""
    if not found or not all(name[:2] in ("0.", "1.") for name in found):
        return found
    return {name[2:].removeprefix("module."): tensor for name, tensor in found.items()}


def _first(names: tuple[str, ...], tokens: Any) -> str | None:
    return next((name for name in names if name in tokens), None)
