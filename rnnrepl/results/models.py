"""Models as they are found and described, and what must hold of one."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that was found: its sizes, its figures, or why it cannot be opened."""

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
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything `model.json` says of a model, and where it lies."""

    name: str
    path: str
    parameters: int
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold of a model: its largest error, and whether that is in the limit."""

    name: str
    figure: float
    limit: float
    ok: bool
