"""Tokenized texts, and tokenizers with their options."""

from dataclasses import dataclass, field
from typing import Any

from rnnrepl.results.fields import ASKED, Named


@dataclass(frozen=True, slots=True)
class TokenSpan(Named):
    """A token of a tokenized text: its id and its characters, `start` to `end`.

    `name` is that of the vocabulary where it differs from `text`.
    """

    text: str
    start: int
    end: int
    id: int
    unk: bool
    name: str | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Tokenization:
    """The tokens of a text under a tokenizer."""

    text: str
    tokenizer: str
    tokens: tuple[TokenSpan, ...]
    count: int
    unk: int


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """A token of a vocabulary; `count` is that in the training text, None if it is not known."""

    id: int
    token: str
    count: int | None
    unk: bool
    eos: bool


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """An option of a tokenizer: name, type, default, help and choices."""

    name: str
    type: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenizerInfo:
    """A tokenizer; `broken` says why it cannot be used, `install` what pip must install for it."""

    name: str
    source: str
    summary: str = ""
    options: tuple[OptionInfo, ...] = ()
    broken: str | None = None
    install: str = ""
