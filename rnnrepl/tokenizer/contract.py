"""What a tokenizer is: the classes that a plugin inherits."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]


class Encoding(NamedTuple):
    """A text as token ids; token t stands for the characters text[starts[t]:ends[t]].

    Neither starts nor ends ever go back. Tokens may share characters (the bytes of one letter do),
    and characters may belong to no token (the blanks between words do).
    """

    ids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]


class Decoder(ABC):
    """Turns ids into text as they stream: never half a character, never a blank too many."""

    @abstractmethod
    def feed(self, id: int) -> str:
        """The text that is certain once this id is known; may be empty."""

    def flush(self) -> str:
        """What is still held back when no id follows."""
        return ""

    def pending(self) -> Iterable[str] | None:
        """What may become of what is held back: the beginnings of the text that is to come.

        Nothing, where that cannot be listed; override it so that `--match` need not guess.
        """
        return None

    def copy(self) -> Self:
        """Another decoder that stands where this one does; override it where it can be faster."""
        return deepcopy(self)


class Tokenizer(ABC):
    """Text to ids and back. Inherit, fill in the five abstract members, and it is a plugin.

    `tokens[id]` is the token as people see it in tables; `unk` and `eos` are ids, or None where
    the tokenizer has no such token.
    """

    #: What a token is, which decides the unit in which figures are first shown.
    level: ClassVar[Literal["byte", "character", "word"]] = "character"
    #: One sentence on what `decode(encode(text))` changes; empty where it changes nothing.
    normalises: str = ""

    #: What it needs besides rnnrepl: the module to be imported, and what pip installs for it.
    requires: ClassVar[Mapping[str, str]] = {}

    tokens: Sequence[str]
    unk: int | None = None
    eos: int | None = None

    @classmethod
    @abstractmethod
    def train(cls, texts: Iterable[str]) -> Self:
        """Builds the vocabulary. `texts` is one text, in pieces as `rnnrepl.files.chunks` cuts it.

        It is read once and never held as a whole; where it was cut makes no difference. Subclasses
        add their options as keyword-only parameters, annotated `Annotated[type, "help"]` with a
        default: `--tokenizer-option`, completion and help come from there; an int is a
        count. The same text and options always give the same vocabulary.
        """

    @abstractmethod
    def encode(self, text: str) -> Encoding:
        """Ids with the characters they stand for.

        Raises RnnreplError for a text that the tokenizer has no tokens for.
        """

    @abstractmethod
    def decoder(self) -> Decoder:
        """A fresh decoder, as at the start of a text."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as plain JSON."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The tokenizer that gave this dictionary."""

    def grown(self, other: Self) -> Self:
        """This tokenizer with the tokens besides that `other` has, which was trained elsewhere.

        Its own ids stay what they are, and the new ones follow them. Override where a text can hold
        what is unknown; where nothing ever is there is nothing to add.
        """
        return self

    def ids(self, text: str) -> Ids:
        """The ids alone, as an array: what training reads. Override where it can be faster."""
        return np.asarray(self.encode(text).ids, dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids, as from the start of a text."""
        decoder = self.decoder()
        return "".join([decoder.feed(int(id)) for id in ids]) + decoder.flush()
