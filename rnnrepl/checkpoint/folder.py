"""Checkpoint folders: reading and writing model.json, weights.safetensors and tokenizer.json.

Nothing is pickled, and nothing in a folder is ever executed. A new folder appears complete or not
at all; in an existing folder each file is replaced atomically, so a reader always finds a model.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shown
from typing import Any

from rnnrepl import tokenizer as tokenizers
from rnnrepl.checkpoint import single_file
from rnnrepl.checkpoint.card import Card
from rnnrepl.checkpoint.packing import DType, pack
from rnnrepl.checkpoint.weights import read_weights, stored_dtype
from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic
from rnnrepl.files.model_folders import CARD, SUFFIX, WEIGHTS
from rnnrepl.files.reading import read_bytes
from rnnrepl.rnn.network import NO_TOKEN, Floats
from rnnrepl.tokenizer import Tokenizer

TOKENIZER = "tokenizer.json"
# The latest weights of a run are in its training state, under this prefix.
LAST, LAST_PREFIX = Path("training/state.safetensors"), "model."

# Larger files are not read: the bounds are many times the sizes of real ones.
BYTES_PER_FILE, BYTES_PER_TOKEN = 1 << 24, 1 << 12


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model read from a folder: card, weights by name and tokenizer.

    With `last` the weights are the latest of a run, not its best. `dtype` is that in which they
    are stored, None for float64 or for several; bfloat16 is float32 in `weights`.
    """

    folder: Path
    card: Card
    weights: dict[str, Floats]
    tokenizer: Tokenizer
    last: bool = False
    dtype: DType | None = None


# --- writing ------------------------------------------------------------------------------------


def write(
    folder: Path,
    card: Card,
    weights: Mapping[str, Floats],
    tokenizer: Tokenizer,
    extra: Mapping[Path, bytes] | None = None,
    dtype: DType | None = None,
) -> None:
    """Writes a model to a folder, replacing a model that is there.

    `extra` are other files, by their paths in the folder; they are written before the model.
    Raises RnnreplError if writing fails; the folder is then unchanged.
    """
    files = packed(card, weights, tokenizer, dtype)
    with atomic.writing(folder):
        if folder.is_dir():
            _fill(folder, files, extra or {})
            return
        with atomic.new_folder(folder) as draft:
            _fill(draft, files, extra or {})


def packed(
    card: Card, weights: Mapping[str, Floats], tokenizer: Tokenizer, dtype: DType | None = None
) -> dict[str, bytes]:
    """Returns the files of a model, name to contents, with the weights of `dtype` or as they are.

    Raises RnnreplError for a weight that is too large for float16.
    """
    arrays = {name: weights[name] for name in card.network.shapes()}
    described = texts(card, tokenizer)  # the card goes last: with it the model is there
    return {TOKENIZER: described[TOKENIZER], WEIGHTS: pack(arrays, dtype), CARD: described[CARD]}


def texts(card: Card, tokenizer: Tokenizer) -> dict[str, bytes]:
    """Returns what describes a model: model.json and tokenizer.json."""
    return {TOKENIZER: json_bytes(tokenizer.to_dict()), CARD: json_bytes(card.to_dict())}


def _fill(folder: Path, files: Mapping[str, bytes], extra: Mapping[Path, bytes]) -> None:
    for path, data in extra.items():
        (folder / path).parent.mkdir(exist_ok=True)
        atomic.replace(folder / path, data)
    atomic.replace_all(folder, files)


def json_bytes(data: Any) -> bytes:
    """Returns indented JSON in UTF-8, with lone surrogates escaped."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


# --- reading ------------------------------------------------------------------------------------


def read_card(folder: Path) -> Card:
    """Reads the card alone, which is fast; raises RnnreplError if it cannot be read."""
    with _reading(folder):
        return Card.from_dict(_json(folder, CARD, BYTES_PER_FILE))


def read(folder: Path, *, last: bool = False) -> Checkpoint:
    """Reads a model; with `last`, the latest weights of a run instead of its best.

    Raises RnnreplError for a folder that is not a checkpoint, an unknown format, wrong shapes,
    weights that are not finite, and a tokenizer that is not installed.
    """
    card = read_card(folder)
    with _reading(folder):
        tokenizer = read_tokenizer(folder, card)
        start_id(card, tokenizer)
        path, prefix = weights_file(folder, last=last), LAST_PREFIX if last else ""
        weights = read_weights(path, card.network.shapes(), prefix)
        dtype = stored_dtype(path, [prefix + name for name in weights])
    return Checkpoint(folder, card, weights, tokenizer, last, dtype)


def weights_file(folder: Path, *, last: bool = False) -> Path:
    """Returns the file with the weights of a model, or with its latest weights."""
    if folder.suffix == SUFFIX and not last and folder.is_file():
        return folder
    return folder / (LAST if last else WEIGHTS)


def read_tokenizer(folder: Path, card: Card) -> Tokenizer:
    """Reads the tokenizer of a model; raises RnnreplError for one that is damaged or missing."""
    kind, size = tokenizers.find(card.tokenizer), card.network.vocabulary
    data = _json(folder, TOKENIZER, BYTES_PER_FILE + BYTES_PER_TOKEN * size)
    try:
        return tokenizers.restore(kind, data, size)
    except tokenizers.TokenizerError:  # the file is not to blame
        raise
    except RnnreplError as error:
        message = f"{TOKENIZER} was not written by '{card.tokenizer}': {error}"
        raise RnnreplError(message) from error


def start_id(card: Card, tokenizer: Tokenizer) -> int:
    """Returns the id of x<1>: the vocabulary size for zeros, else the id of the start token.

    For "none" it is NO_TOKEN. Raises RnnreplError for a token that is not in the vocabulary.
    """
    if card.start in ("zeros", "none"):
        return card.network.start if card.start == "zeros" else NO_TOKEN
    token = card.start.get("token") if isinstance(card.start, dict) else None
    if token not in tokenizer.tokens:
        raise RnnreplError(f"its start {shown(card.start)} is not zeros, none or a known token.")
    return tokenizer.tokens.index(token)


def _json(folder: Path, name: str, limit: int) -> dict[str, Any]:
    try:
        if folder.suffix == SUFFIX and folder.is_file():
            data = json.loads(single_file.text(folder, name))
        else:
            data = json.loads(read_bytes(folder / name, limit))
    except (ValueError, RecursionError) as error:
        raise RnnreplError(f"{name} is not JSON.") from error
    if not isinstance(data, dict):
        raise RnnreplError(f"{name} is not a JSON object.")
    return data


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Turns errors while a folder is read into one RnnreplError that names the folder."""
    try:
        yield
    except FileNotFoundError as error:
        missing = Path(error.filename or folder).name
        raise RnnreplError(f"{folder} is not a complete model: it has no {missing}.") from error
    except OSError as error:
        where = error.filename or folder
        raise RnnreplError(f"{where} cannot be read: {error.strerror or error}.") from error
    except RnnreplError as error:
        raise RnnreplError(f"The model in {folder} cannot be opened: {error}") from error
