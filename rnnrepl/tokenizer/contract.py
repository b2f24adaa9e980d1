"""The base classes that a tokenizer plugin inherits."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Level = Literal["byte", "character", "word"]


class Encoding(NamedTuple):
    """Token ids of a text with character spans: token t is text[starts[t]:ends[t]].

    Starts and ends are non-decreasing. Tokens may share characters (the bytes of a letter), and
    characters may belong to no token (blanks between words).
    """

    ids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]


class Decoder(ABC):
    """Converts a stream of ids to text, without partial characters or extra blanks."""

    @abstractmethod
    def feed(self, id: int) -> str:
        """Returns the text that is certain once this id is known; may be empty."""

    def flush(self) -> str:
        """Returns the text that is still held back, at the end of the ids."""
        return ""

    def pending(self) -> Iterable[str] | None:
        """Returns all possible beginnings of the text to come, given what is held back.

        None if they cannot be listed. Override it to make `--match` exact.
        """
        return None

    def copy(self) -> Self:
        """Returns an independent copy of the decoder; override it if it can be faster."""
        return deepcopy(self)


class Tokenizer(ABC):
    """Converts text to ids and back; a plugin implements the five abstract methods.

    `tokens[id]` is the token as shown in tables. `unk` and `eos` are ids, or None if the tokenizer
    has no such token.
    """

    #: The kind of token, which decides the default unit of figures.
    level: ClassVar[Level] = "character"
    #: One sentence on what `decode(encode(text))` changes; empty if it changes nothing.
    normalises: str = ""

    #: Additional requirements: module to import -> package for pip to install.
    requires: ClassVar[Mapping[str, str]] = {}

    tokens: Sequence[str]
    unk: int | None = None
    eos: int | None = None

    @classmethod
    @abstractmethod
    def train(cls, texts: Iterable[str]) -> Self:
        """Builds the vocabulary. `texts` is one text in pieces, cut by `rnnrepl.files.chunks`.

        Read it once and never hold it as a whole; the result must not depend on the cuts and must
        be deterministic. Subclasses add their options as keyword-only parameters with a default,
        annotated `Annotated[type, "help"]`: they become `--tokenizer-option`, completion and help.
        An int is a count, 0 or more.
        """

    @abstractmethod
    def encode(self, text: str) -> Encoding:
        """Returns the ids of a text with their spans.

        Raises RnnreplError for a text that the tokenizer cannot represent.
        """

    @abstractmethod
    def decoder(self) -> Decoder:
        """Returns a new decoder, at the start of a text."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Returns everything that `from_dict` needs, as plain JSON."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Restores a tokenizer from the result of `to_dict`."""

    def grown(self, other: Self) -> Self:
        """Returns this tokenizer extended by the tokens that only `other` has.

        Existing ids do not change; new ids follow them. Override it if tokens can be unknown.
        """
        return self

    def named(self, text: str) -> Sequence[int]:
        """Returns the ids of the tokens that a user means by a name, the likeliest one first.

        Override it if a keyboard has one character for several tokens, or none for a token.
        """
        return [self.tokens.index(text)] if text in self.tokens else []

    def ids(self, text: str) -> Ids:
        """Returns the ids (T,) alone, for training; override it if it can be faster."""
        return np.asarray(self.encode(text).ids, dtype=np.int32)

    @cached_property
    def texts(self) -> Sequence[str]:
        """The text of each token, by id, U+FFFD for a part of a character.

        `--by word` uses it to know which tokens begin with a blank. Set or override it if names in
        `tokens` are not texts.
        """
        return self.tokens

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text of ids that begin a text."""
        decoder = self.decoder()
        return "".join([decoder.feed(int(id)) for id in ids]) + decoder.flush()
