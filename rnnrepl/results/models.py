"""Models in a list, their cards, and checks of a model."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model on the search path: its sizes and figures, or in `broken` why it cannot be opened.

    `bytes` is what it takes on the disk, `description` says in a few words what it is good for.
    """

    name: str
    path: str
    source: str
    tokenizer: str = ""
    cell: str = ""
    hidden: tuple[int, ...] = ()
    vocabulary: int = 0
    parameters: int = 0
    bits_per_char: float | None = None
    perplexity: float | None = None
    description: str = ""
    broken: str | None = None
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The contents of a `model.json`, and the path of its folder."""

    name: str
    path: str
    parameters: int
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """A numerical check of a model: `figure` is the largest error, `limit` the tolerance."""

    name: str
    figure: float
    limit: float
    ok: bool
