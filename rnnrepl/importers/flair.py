"""flair: the character language model (`LanguageModel`) behind its contextual embeddings."""

from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import BACKWARD, ImportedModel
from rnnrepl.importers.stubs import StubObject, damaged
from rnnrepl.importers.tokenizers import characters
from rnnrepl.importers.weights import state_dict

_DICTIONARY = "flair.data.Dictionary"


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a model that flair saved, or a checkpoint of its trainer."""
    saved = file.torch
    if not isinstance(saved, dict) or not saved.keys() >= {"state_dict", "is_forward_lm"}:
        return None
    tensors, dictionary = state_dict(saved["state_dict"]), saved.get("dictionary")
    if not tensors or not isinstance(dictionary, StubObject):
        return None
    if dictionary.class_name != _DICTIONARY:
        return None
    if "decoder.weight" not in tensors:
        raise RnnreplError("The model has no decoder: it yields embeddings, but no probabilities.")
    network, weights = assemble(
        {name.replace("proj.", "projection."): array for name, array in tensors.items()}
    )
    tokens = _tokens(dictionary.attributes)
    start = next((token for token in ("\n", "<unk>") if token in tokens), None)
    return ImportedModel(
        format="flair",
        network=network,
        weights=weights,
        tokenizer=characters(tokens),
        start={"token": start} if start else "zeros",
        notes=() if saved["is_forward_lm"] else (BACKWARD,),
    )


def _tokens(dictionary: dict[str, Any]) -> list[str]:
    """The characters by id, which flair stores as UTF-8 bytes."""
    items = dictionary.get("idx2item")
    if not isinstance(items, list) or not all(isinstance(item, bytes) for item in items):
        raise damaged("its dictionary is not a list of characters")
    try:
        return [item.decode() for item in items]
    except UnicodeDecodeError as error:
        raise damaged("its dictionary is not valid UTF-8") from error
