"""Character models of flair: `LanguageModel`, which its embeddings are made of."""

from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.imported import BACKWARD, Imported
from rnnrepl.importers.modules import tensors
from rnnrepl.importers.pickles import Standin, damaged
from rnnrepl.importers.source import Source
from rnnrepl.importers.vocabulary import characters

_DICTIONARY = "flair.data.Dictionary"


def read(source: Source) -> Imported | None:
    """The model in a file that flair saved, a checkpoint of its trainer included."""
    saved = source.torch
    if not isinstance(saved, dict) or not saved.keys() >= {"state_dict", "is_forward_lm"}:
        return None
    found, dictionary = tensors(saved["state_dict"]), saved.get("dictionary")
    if not found or not isinstance(dictionary, Standin) or dictionary.kind != _DICTIONARY:
        return None
    if "decoder.weight" not in found:
        raise RnnreplError("The model has no decoder: it makes embeddings, and no probabilities.")
    weights = {name.replace("proj.", "projection."): t.array() for name, t in found.items()}
    network = assembly.network(weights)
    tokens = _tokens(dictionary.attributes)
    start = next((token for token in ("\n", "<unk>") if token in tokens), None)
    return Imported(
        format="flair",
        network=network,
        weights=weights,
        tokenizer="char",
        vocabulary=characters(tokens),
        start={"token": start} if start else "zeros",
        notes=() if saved["is_forward_lm"] else (BACKWARD,),
    )


def _tokens(dictionary: dict[str, Any]) -> list[str]:
    """The characters by id, each kept as its bytes in UTF-8."""
    items = dictionary.get("idx2item")
    if not isinstance(items, list) or not all(isinstance(item, bytes) for item in items):
        raise damaged("its dictionary is no list of characters")
    try:
        return [item.decode() for item in items]
    except UnicodeDecodeError as error:
        raise damaged("its dictionary is not in UTF-8") from error
