"""Tokens separated by blanks, `<eos>` at line ends, as in Penn Treebank and WikiText."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from itertools import repeat
from typing import Annotated, Any, Self

import numpy as np

from rnnrepl.tokenizer import (
    Decoder,
    Encoding,
    Ids,
    RnnreplError,
    Tokenizer,
    checked,
    most_frequent,
)

UNK, EOS = "<unk>", "<eos>"
TOKEN = re.compile(r"\n|\S+")


class Whitespace(Tokenizer):
    """Tokens separated by blanks, as in preprocessed corpora; each newline is `<eos>`.

    Blanks are in no token. `<unk>` and `<eos>` in the text are those tokens. An empty line is a
    single `<eos>`; a last line without a newline has none.
    """

    level = "word"

    def __init__(
        self,
        tokens: Sequence[str],
        unk: str | None = UNK,
        eos: str | None = EOS,
        lower: bool = False,
        filters: str = "",
    ) -> None:
        """`unk` and `eos` are tokens of the vocabulary, None if it has no such token.

        Imported vocabularies may read words in lower case, and the characters of `filters` as
        blanks, as the Tokenizer of Keras does.
        """
        self.tokens, self.lower, self.filters = tokens, lower, filters
        self._blanks = dict.fromkeys(map(ord, filters), " ")
        self.normalises = "Blanks between tokens become one blank, blanks at line ends are removed."
        self.normalises += " Capitals become small letters." if lower else ""
        self.normalises += f" {filters.strip()} are left out." if filters.strip() else ""
        self._ids = {token: id for id, token in enumerate(tokens)}
        self.unk, self.eos = self._ids.get(unk or ""), self._ids.get(eos or "")
        if self.eos is not None:
            self._ids["\n"] = self.eos
        self._blank = "\n" not in self._ids  # whether a newline is a blank

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        min_count: Annotated[int, "minimum count of a token in the vocabulary"] = 1,
        max_vocabulary: Annotated[
            int, "maximum vocabulary size, with <unk> and <eos> (0: no limit)"
        ] = 0,
    ) -> Self:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text.split())
        return cls(most_frequent(counts, [UNK, EOS], min_count, max_vocabulary))

    def encode(self, text: str) -> Encoding:
        text = text.translate(self._blanks) if self.filters else text
        matches = [m for m in TOKEN.finditer(text) if not (self._blank and m.group() == "\n")]
        ids = [self._id(match.group()) for match in matches]
        return Encoding(ids, [m.start() for m in matches], [m.end() for m in matches])

    def ids(self, text: str) -> Ids:
        if self.filters or self.lower:
            return super().ids(text)
        if self.eos is not None:  # replacing and splitting takes half the time of a regex
            text = text.replace("\n", f" {self.tokens[self.eos]} ")
        tokens = text.split() if self._blank or "\n" not in text else TOKEN.findall(text)
        unknown = -1 if self.unk is None else self.unk
        ids = np.fromiter(map(self._ids.get, tokens, repeat(unknown)), np.int32, len(tokens))
        if self.unk is None and (ids < 0).any():
            self.encode(text)  # raises an error that names the word
        return ids

    def _id(self, token: str) -> int:
        id = self._ids.get(token.lower() if self.lower else token, self.unk)
        if id is None:
            raise RnnreplError(f"The vocabulary has neither {token!r} nor an unknown token.")
        return id

    def grown(self, other: Self) -> Self:
        new = [token for token in other.tokens if token not in self._ids]
        return self.from_dict(self.to_dict() | {"tokens": [*self.tokens, *new]})

    def decoder(self) -> Decoder:
        return Blanks(self.tokens, self.eos)

    def to_dict(self) -> dict[str, Any]:
        special = (None if id is None else self.tokens[id] for id in (self.unk, self.eos))
        data: dict[str, Any] = {"tokens": list(self.tokens)} | dict(
            zip(("unk", "eos"), special, strict=True)
        )
        if self.lower or self.filters:
            data |= {"lower": self.lower, "filters": self.filters}
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        defaults = {"unk": UNK, "eos": EOS, "lower": False, "filters": ""}
        kinds = {"tokens": [str], "unk": str | None, "eos": str | None}
        return cls(**checked(defaults | data, **kinds, lower=bool, filters=str))


class Blanks(Decoder):
    """Decoder: one blank between two tokens of a line, none at its ends."""

    def __init__(self, tokens: Sequence[str], eos: int | None) -> None:
        self._tokens = tokens
        self._eos = eos
        self._blank = ""

    def feed(self, id: int) -> str:
        before, self._blank = self._blank, "" if id == self._eos else " "
        return "\n" if id == self._eos else before + self._tokens[id]

    def copy(self) -> Self:
        return copy(self)
