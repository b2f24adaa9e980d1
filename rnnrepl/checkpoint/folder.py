"""A model as a folder: model.json, weights.safetensors, tokenizer.json; written and read.

Nothing here is pickled and nothing in a folder is ever run. A new folder appears whole or not at
all; in one that exists each file is replaced whole, so that a reader always finds a model.
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
from rnnrepl.rnn.network import Floats
from rnnrepl.tokenizer import Tokenizer

FORMAT = 1
CARD, WEIGHTS, TOKENIZER = "model.json", "weights.safetensors", "tokenizer.json"
# A run's last weights lie in its training state, under this prefix.
LAST, LAST_PREFIX = Path("training/state.safetensors"), "model."

ABSURD = 1e6  # no training reaches such a weight, and products of larger ones overflow

Start = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """What `model.json` says.

    `start` names what the first token is conditioned on: "zeros" (a<0> = 0, x<1> = 0), or
    {"token": text} for a token of the vocabulary, read from a<0>. `origin` tells where the model
    came from, `figures` what it reached.
    """

    network: NetworkConfig
    tokenizer: str
    tokenizer_options: dict[str, Any] = field(default_factory=dict)
    start: Start = "zeros"
    origin: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON, in the order in which a person reads it."""
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
        """From plain JSON; raises RnnreplError where this version cannot know what it means."""
        number = _field(data, "format", int)
        if number > FORMAT or number < 1:
            advice = "install a newer rnnrepl" if number > FORMAT else "no version has written it"
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
        raise RnnreplError(f"in {CARD} '{name}' is {value!r}, which makes no sense there.")
    return value


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model read from a folder: its card, its weights by name, its tokenizer."""

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
    beside: Mapping[Path, bytes] | None = None,
) -> None:
    """Writes a model, or replaces the one that is there, with nothing half done at any moment.

    `beside` are other files, by their paths in the folder, that are there before the model is.
    Raises RnnreplError where the disk does not allow it; what was there stays as it was.
    """
    files = packed(card, weights, tokenizer)
    with atomic.writing(folder):
        if folder.is_dir():
            _fill(folder, files, beside or {})
            return
        with atomic.appearing(folder) as draft:
            _fill(draft, files, beside or {})


def update(folder: Path, card: Card, weights: Mapping[str, Floats], tokenizer: Tokenizer) -> None:
    """Replaces the model in a folder; raises RnnreplError where that has vanished."""
    with atomic.writing(folder):
        atomic.replace_all(folder, packed(card, weights, tokenizer))


def packed(card: Card, weights: Mapping[str, Floats], tokenizer: Tokenizer) -> dict[str, bytes]:
    """The files of a model by name, and what is in them."""
    arrays = {name: np.ascontiguousarray(weights[name]) for name in card.network.shapes()}
    return {
        TOKENIZER: json_bytes(tokenizer.to_dict()),
        WEIGHTS: save(arrays),
        CARD: json_bytes(card.to_dict()),
    }


def _fill(folder: Path, files: Mapping[str, bytes], beside: Mapping[Path, bytes]) -> None:
    for path, data in beside.items():
        (folder / path).parent.mkdir(exist_ok=True)
        atomic.replace(folder / path, data)
    atomic.replace_all(folder, files)


def json_bytes(data: Any) -> bytes:
    """Plain JSON for people: indented, in UTF-8; lone surrogates escaped, as UTF-8 has none."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


# --- reading ------------------------------------------------------------------------------------


def read_card(folder: Path) -> Card:
    """The card alone, which is quick; raises RnnreplError where it cannot be read."""
    with _reading(folder):
        return Card.from_dict(_json(folder / CARD))


def read(folder: Path, *, last: bool = False) -> Checkpoint:
    """Reads a model; with `last` a run's newest weights instead of its best.

    Raises RnnreplError, one sentence, for a folder that is not a checkpoint or is damaged: an
    unknown format, shapes that disagree, weights that are not finite, a tokenizer not installed.
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
        with suppress(RnnreplError):  # it may refuse a text, but not stumble
            tokenizer.decode(tokenizer.ids("a\n"))
    except Exception as error:  # a plugin may fail in any way on a file that is not its own
        raise RnnreplError(f"{path.name} is not what '{card.tokenizer}' writes.") from error
    if size != card.network.vocabulary:
        raise RnnreplError(
            f"the tokenizer has {size} tokens, the network {card.network.vocabulary}."
        )
    return tokenizer


def start_id(card: Card, tokenizer: Tokenizer) -> int:
    """The id of x<1>: one past the vocabulary for zeros, or that of the start token."""
    if card.start == "zeros":
        return card.network.start
    token = card.start.get("token") if isinstance(card.start, dict) else None
    if token not in tokenizer.tokens:
        raise RnnreplError(f"its start {card.start!r} is neither zeros nor a known token.")
    return tokenizer.tokens.index(token)


def _weights(path: Path, network: NetworkConfig, prefix: str = "") -> dict[str, Floats]:
    weights = {}
    path.open("rb").close()  # which says what is wrong with the file; safetensors does not
    try:
        with safe_open(path, framework="np") as file:
            there = set(file.keys())
            for name, shape in network.shapes().items():
                if prefix + name not in there:
                    raise RnnreplError(f"{path.name} lacks {name}.")
                array = file.get_tensor(prefix + name)
                if array.shape != shape:
                    raise RnnreplError(
                        f"{name} has shape {array.shape} where the network says {shape}."
                    )
                if array.dtype.kind != "f":
                    raise RnnreplError(f"{name} holds {array.dtype} and no floating-point numbers.")
                if not reasonable(array):
                    raise RnnreplError(
                        f"{name} holds values that are not finite, or absurdly large."
                    )
                weights[name] = cast(Floats, array)
    except SafetensorError as error:
        raise RnnreplError(f"{path.name} is not a whole safetensors file ({error}).") from error
    return weights


def reasonable(weights: npt.NDArray[np.floating[Any]]) -> bool:
    """Whether all of them are finite, and none absurdly large."""
    # As floats, for float16 has no such bound. Neither holds where one is not a number.
    return float(weights.min()) > -ABSURD and float(weights.max()) < ABSURD


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
    """Turns whatever is wrong with a folder into one sentence that names it."""
    try:
        yield
    except FileNotFoundError as error:
        missing = Path(error.filename or folder).name
        raise RnnreplError(f"{folder} is not a whole model: it has no {missing}.") from error
    except OSError as error:
        raise RnnreplError(f"{folder} cannot be read: {error.strerror or error}.") from error
    except RnnreplError as error:
        raise RnnreplError(f"The model in {folder} cannot be opened: {error}") from error
