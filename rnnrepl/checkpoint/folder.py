"""Checkpoint folders: reading and writing model.json, weights.safetensors and tokenizer.json.

Nothing is pickled, and nothing in a folder is ever executed. A new folder appears complete or not
at all; in an existing folder each file is replaced atomically, so a reader always finds a model.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnnrepl import tokenizer as tokenizers
from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import NO_TOKEN, Floats
from rnnrepl.tokenizer import Tokenizer

FORMAT = 1
CARD, WEIGHTS, TOKENIZER = "model.json", "weights.safetensors", "tokenizer.json"
# The latest weights of a run are in its training state, under this prefix.
LAST, LAST_PREFIX = Path("training/state.safetensors"), "model."

MAX_WEIGHT = 1e6  # no training reaches it, and products of larger weights overflow

Start = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """The model card: the contents of `model.json`.

    `start` is what the first token is conditioned on: "zeros" (a<0> = 0, x<1> = 0), or
    {"token": text} for a token of the vocabulary, read from a<0>; with "none" the first token is
    read from a<0> and not predicted. `origin` says how the model was made, `figures` how well it
    does on its validation text.
    """

    network: NetworkConfig
    tokenizer: str
    tokenizer_options: dict[str, Any] = field(default_factory=dict)
    start: Start = "zeros"
    origin: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON, with the keys in the order of `model.json`."""
        return {
            "format": FORMAT,
            "network": self.network.to_dict(),
            "tokenizer": {"name": self.tokenizer, "options": self.tokenizer_options},
            "start": self.start,
            "figures": self.figures,
            "origin": self.origin,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Card":
        """Returns the card from plain JSON.

        Raises RnnreplError for an unknown format number and for missing or invalid values.
        """
        number = _field(data, "format", int)
        if number > FORMAT or number < 1:
            advice = "install a newer rnnrepl" if number > FORMAT else "no version wrote it"
            raise RnnreplError(
                f"the checkpoint has format {number} and this version reads {FORMAT}: {advice}."
            )
        tokenizer = _field(data, "tokenizer", dict)
        start = _field(data, "start", str | dict)
        figures = _field(data, "figures", dict, {})
        for name in ("bits_per_char", "perplexity"):
            _field(figures, name, int | float, 0.0)
        return cls(
            NetworkConfig.from_dict(_field(data, "network", dict)),
            _field(tokenizer, "name", str),
            _field(tokenizer, "options", dict, {}),
            start,
            _field(data, "origin", dict, {}),
            figures,
        )


def _field(data: Mapping[str, Any], name: str, kind: Any, default: Any = None) -> Any:
    value = data.get(name, default)
    if value is None:
        raise RnnreplError(f"{CARD} has no '{name}'.")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RnnreplError(f"{CARD} has an invalid '{name}': {value!r}.")
    return value


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model read from a folder: card, weights by name and tokenizer."""

    folder: Path
    card: Card
    weights: dict[str, Floats]
    tokenizer: Tokenizer


# --- writing ------------------------------------------------------------------------------------


def write(
    folder: Path,
    card: Card,
    weights: Mapping[str, Floats],
    tokenizer: Tokenizer,
    extra: Mapping[Path, bytes] | None = None,
) -> None:
    """Writes a model to a folder, replacing a model that is there.

    `extra` are other files, by their paths in the folder; they are written before the model.
    Raises RnnreplError if writing fails; the folder is then unchanged.
    """
    files = packed(card, weights, tokenizer)
    with atomic.writing(folder):
        if folder.is_dir():
            _fill(folder, files, extra or {})
            return
        with atomic.new_folder(folder) as draft:
            _fill(draft, files, extra or {})


def update(folder: Path, card: Card, weights: Mapping[str, Floats], tokenizer: Tokenizer) -> None:
    """Replaces the model in an existing folder; raises RnnreplError if writing fails."""
    with atomic.writing(folder):
        atomic.replace_all(folder, packed(card, weights, tokenizer))


def packed(card: Card, weights: Mapping[str, Floats], tokenizer: Tokenizer) -> dict[str, bytes]:
    """Returns the files of a model: name to contents."""
    arrays = {name: np.ascontiguousarray(weights[name]) for name in card.network.shapes()}
    return {
        TOKENIZER: json_bytes(tokenizer.to_dict()),
        WEIGHTS: save(arrays),
        CARD: json_bytes(card.to_dict()),
    }


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
        return Card.from_dict(_json(folder / CARD))


def read(folder: Path, *, last: bool = False) -> Checkpoint:
    """Reads a model; with `last`, the latest weights of a run instead of its best.

    Raises RnnreplError for a folder that is not a checkpoint, an unknown format, wrong shapes,
    weights that are not finite, and a tokenizer that is not installed.
    """
    card = read_card(folder)
    with _reading(folder):
        tokenizer = _tokenizer(folder / TOKENIZER, card)
        start_id(card, tokenizer)
        path, prefix = (LAST, LAST_PREFIX) if last else (Path(WEIGHTS), "")
        weights = _weights(folder / path, card.network, prefix)
    return Checkpoint(folder, card, weights, tokenizer)


def _tokenizer(path: Path, card: Card) -> Tokenizer:
    kind = tokenizers.find(card.tokenizer)
    data = _json(path)
    try:
        tokenizer = kind.from_dict(data)
        size = len(tokenizer.tokens)
        assert all(isinstance(token, str) for token in tokenizer.tokens)
        with suppress(RnnreplError):  # refusing a text is allowed, other exceptions are not
            tokenizer.decode(tokenizer.ids("a\n"))
    except Exception as error:  # a plugin may raise anything on a foreign file
        raise RnnreplError(f"{path.name} was not written by '{card.tokenizer}'.") from error
    if size != card.network.vocabulary:
        raise RnnreplError(
            f"the tokenizer has {size} tokens, but the network {card.network.vocabulary}."
        )
    return tokenizer


def start_id(card: Card, tokenizer: Tokenizer) -> int:
    """Returns the id of x<1>: the vocabulary size for zeros, else the id of the start token.

    For "none" it is NO_TOKEN. Raises RnnreplError for a token that is not in the vocabulary.
    """
    if card.start in ("zeros", "none"):
        return card.network.start if card.start == "zeros" else NO_TOKEN
    token = card.start.get("token") if isinstance(card.start, dict) else None
    if token not in tokenizer.tokens:
        raise RnnreplError(f"its start {card.start!r} is not zeros, none or a known token.")
    return tokenizer.tokens.index(token)


def _weights(path: Path, network: NetworkConfig, prefix: str = "") -> dict[str, Floats]:
    weights = {}
    path.open("rb").close()  # raises a precise OSError; safetensors does not
    try:
        with safe_open(path, framework="np") as file:
            names = set(file.keys())
            for name, shape in network.shapes().items():
                if prefix + name not in names:
                    raise RnnreplError(f"{path.name} lacks {name}.")
                array = file.get_tensor(prefix + name)
                if array.shape != shape:
                    raise RnnreplError(f"{name} has shape {array.shape}, not {shape}.")
                if array.dtype.kind != "f":
                    raise RnnreplError(
                        f"{name} has dtype {array.dtype}, not a floating-point type."
                    )
                if not reasonable(array):
                    raise RnnreplError(
                        f"{name} has values that are not finite or are absurdly large."
                    )
                weights[name] = cast(Floats, array)
    except SafetensorError as error:
        raise RnnreplError(f"{path.name} is not a complete safetensors file ({error}).") from error
    return weights


def reasonable(weights: npt.NDArray[np.floating[Any]]) -> bool:
    """Returns whether all weights are finite and below MAX_WEIGHT in magnitude."""
    # Compared as floats, since the bound is out of the range of float16. NaN compares false.
    return float(weights.min()) > -MAX_WEIGHT and float(weights.max()) < MAX_WEIGHT


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RnnreplError(f"{path.name} is not JSON.") from error
    if not isinstance(data, dict):
        raise RnnreplError(f"{path.name} is not a JSON object.")
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
        raise RnnreplError(f"{folder} cannot be read: {error.strerror or error}.") from error
    except RnnreplError as error:
        raise RnnreplError(f"The model in {folder} cannot be opened: {error}") from error
