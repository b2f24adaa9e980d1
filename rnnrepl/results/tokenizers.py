"""Texts as tokenizers see them, and tokenizers with their options."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """One token of a tokenized text: its id and the characters (start, end) it stands for."""

    text: str
    start: int
    end: int
    id: int
    unk: bool


@dataclass(frozen=True, slots=True)
class Tokenization:
    """A text as a tokenizer sees it."""

    text: str
    tokenizer: str
    tokens: tuple[TokenSpan, ...]
    count: int
    unk: int


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """One option of a tokenizer: what it is called, what it takes, its default and its help."""

    name: str
    type: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenizerInfo:
    """A tokenizer at `source`: why it is broken, if it is, and what pip must install for it."""

    name: str
    source: str
    summary: str = ""
    options: tuple[OptionInfo, ...] = ()
    broken: str | None = None
    install: str = ""
