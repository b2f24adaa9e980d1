"""The model card: the contents of `model.json`, checked when it is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from reprlib import repr as shown
from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.files.model_folders import CARD
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.rnn.config import NetworkConfig

FORMAT = 1
COUNTS, DESCRIPTION, CHAT = "counts", "description", "chat"  # the optional keys of the card
MAX_DEPTH, MAX_NUMBER = 20, 1 << 128  # of plain values in a card
MAX_NAME = 100  # characters
MAX_DESCRIPTION = 200  # characters

Start = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """The model card: the contents of `model.json`.

    `start` is what the first token is conditioned on: "zeros" (a<0> = 0, x<1> = 0), or
    {"token": text} for a token of the vocabulary, read from a<0>; with "none" the first token is
    read from a<0> and not predicted. `origin` says how the model was made, `figures` how well it
    does on its validation text. `counts`, (V,), are those of the tokens in the training text, ()
    if they were not stored. `description` says in a few words what the model is good for, `chat`
    how the turns of a conversation are written in its training text.
    """

    network: NetworkConfig
    tokenizer: str
    tokenizer_options: dict[str, Any] = field(default_factory=dict)
    start: Start = "zeros"
    origin: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    counts: tuple[int, ...] = ()
    description: str = ""
    chat: TurnTemplate | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON, with the keys in the order of `model.json`.

        Counts are a string, `512 301 ...`, as a list would have a line for each.
        """
        optional: dict[str, Any] = {
            DESCRIPTION: self.description,
            CHAT: self.chat and self.chat.to_dict(),
            COUNTS: " ".join(map(str, self.counts)),
        }
        return {
            "format": FORMAT,
            "network": self.network.to_dict(),
            "tokenizer": {"name": self.tokenizer, "options": self.tokenizer_options},
            "start": self.start,
            "figures": self.figures,
            "origin": self.origin,
            **{name: value for name, value in optional.items() if value},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Card":
        """Returns the card from plain JSON.

        Raises RnnreplError for an unknown format number and for missing or invalid values.
        """
        if not _plain(data):
            raise RnnreplError(f"{CARD} is nested too deeply or has an absurd number.")
        number = _field(data, "format", int)
        if number > FORMAT or number < 1:
            advice = "install a newer rnnrepl" if number > FORMAT else "no version wrote it"
            raise RnnreplError(
                f"the checkpoint has format {number} and this version reads {FORMAT}: {advice}."
            )
        tokenizer = _field(data, "tokenizer", dict)
        plugin = _field(tokenizer, "name", str)
        if len(plugin) > MAX_NAME:
            raise RnnreplError(f"{CARD} has an invalid 'name': {shown(plugin)}.")
        start = _field(data, "start", str | dict)
        figures = _field(data, "figures", dict, {})
        for name in ("bits_per_char", "perplexity"):
            _field(figures, name, int | float, 0.0)
        network = NetworkConfig.from_dict(_field(data, "network", dict))
        return cls(
            network,
            plugin,
            _field(tokenizer, "options", dict, {}),
            start,
            _field(data, "origin", dict, {}),
            figures,
            _counts(_field(data, COUNTS, str, ""), network.vocabulary),
            _description(_field(data, DESCRIPTION, str, "")),
            _chat(_field(data, CHAT, dict, {})),
        )


def _field(data: Mapping[str, Any], name: str, kind: Any, default: Any = None) -> Any:
    value = data.get(name, default)
    if value is None:
        raise RnnreplError(f"{CARD} has no '{name}'.")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RnnreplError(f"{CARD} has an invalid '{name}': {shown(value)}.")
    return value


def _counts(text: str, vocabulary: int) -> tuple[int, ...]:
    """The counts of the tokens from their text in the card."""
    if not re.fullmatch(r"(\d{1,18}( \d{1,18})*)?", text, re.ASCII):
        raise RnnreplError(f"{CARD} has an invalid '{COUNTS}': {shown(text)}.")
    counts = tuple(map(int, text.split()))
    if counts and len(counts) != vocabulary:
        raise RnnreplError(
            f"{CARD} has {len(counts)} '{COUNTS}' for a vocabulary of {vocabulary} tokens."
        )
    return counts


def _description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION or not text.isprintable():
        raise RnnreplError(f"{CARD} has an invalid '{DESCRIPTION}': {shown(text)}.")
    return text


def _chat(data: Mapping[str, Any]) -> TurnTemplate | None:
    try:
        return TurnTemplate.from_dict(data) if data else None
    except RnnreplError as error:
        raise RnnreplError(f"{CARD} has an invalid '{CHAT}': {error}") from error


def _plain(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether a value of JSON can be shown: not nested too deeply, and with ordinary numbers."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_plain(item, depth - 1) for item in items)
    return not isinstance(value, int | float) or -MAX_NUMBER < value < MAX_NUMBER
