"""Any plain recurrent language model: its architecture is inferred from the shapes of its weights.

Reads files of torch, pickle, safetensors and numpy in which one set of weights is an embedding or
one-hot input, recurrent layers and an output layer, whatever they are called and however they are
wrapped. What the file does not say is assumed and noted.
"""

import string
from collections.abc import Iterator
from typing import Any

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import architecture
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.deciding import decide
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.tokenizers import is_of_characters, of_vocabulary
from rnnrepl.importers.vocabulary_search import Vocabulary
from rnnrepl.importers.weights import WeightSet, weight_sets
from rnnrepl.rnn.config import NetworkConfig


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a plain recurrent language model; None for a file that holds no weights.

    Raises RnnreplError, one sentence with what was recognised, for weights of another kind.
    """
    sets = weight_sets(file.value)
    if not sets:
        return None
    architecture.check_softmax(sets)
    weights, readings, notes = _only_match(sets, file)
    if len(readings.all) > 1 and not file.text:
        readings = Readings([readings.assumed()])
    vocabulary = _vocabulary(file, weights, readings.vocabulary)
    tokenizer, start = of_vocabulary(vocabulary)
    reading = decide(readings, tokenizer, start, file)
    network, complete = reading.network()
    return ImportedModel(
        format="plain",
        network=network,
        weights=complete,
        tokenizer=tokenizer,
        start=start,
        notes=(*reading.notes, *notes, *_text_notes(file, vocabulary, network)),
    )


def _only_match(
    sets: list[WeightSet], file: CheckpointFile
) -> tuple[WeightSet, Readings, list[str]]:
    """The set of weights that is a model, its readings, and a note on others left out."""
    matches, refusals = [], []
    for weights in sets:
        try:
            matches.append((weights, architecture.infer(weights, file.nonlinearity)))
        except RnnreplError as refusal:
            refusals.append((weights.parameters, refusal))
    if not matches:
        raise max(refusals, key=lambda pair: pair[0])[1]
    matches.sort(key=lambda match: len(match[1].all))  # whole modules say more than state_dicts
    weights, readings = matches[0]
    others = [
        other.path for other, match in matches[1:] if not _equal(match.all[0], readings.all[0])
    ]
    note = f"Of several sets of weights, {weights.path!r} is imported, not {', '.join(others)}."
    return weights, readings, [note] if others else []


def _equal(first: Reading, second: Reading) -> bool:
    return first.weights.keys() == second.weights.keys() and all(
        np.array_equal(array, second.weights[name]) for name, array in first.weights.items()
    )


def _vocabulary(file: CheckpointFile, weights: WeightSet, size: int) -> Vocabulary:
    """The vocabulary; for whole modules of char-rnn.pytorch, Python's printable characters.

    Such a module may still have other characters, in its file or beside it.
    """
    root: Any = weights.modules.get("")
    is_spro = root and root.class_name.endswith(".CharRNN") and size == len(string.printable)
    if not is_spro or file.vocab or file.data:
        return file.find_vocabulary(size)
    try:
        vocabulary = file.find_vocabulary(size)
        if is_of_characters(vocabulary):
            return vocabulary
    except RnnreplError:
        pass  # nothing found, or several vocabularies
    file.vocabulary_notes = ()
    return Vocabulary(tuple(string.printable), "string.printable")


def _text_notes(
    file: CheckpointFile, vocabulary: Vocabulary, network: NetworkConfig
) -> Iterator[str]:
    yield from file.vocabulary_notes
    if network.projection is None:
        yield "The output layer is assumed to read the last recurrent layer without an activation."
    text = "".join(vocabulary.tokens)
    if text == text.lower() and text != text.upper() and not vocabulary.lower:
        yield "The vocabulary has no capital letters: give texts in lower case."
    if not is_of_characters(vocabulary) and not vocabulary.filters:
        yield "Tokens are separated by white space: prepare texts as the training text was."
