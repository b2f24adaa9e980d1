"""Tokens are what blanks separate; a line ends in `<eos>`: Penn Treebank, WikiText."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Self

import numpy as np

from rnnrepl.tokenizer import Decoder, Encoding, Ids, Tokenizer, most_frequent

UNK, EOS = 0, 1
TOKEN = re.compile(r"\n|\S+")


class Whitespace(Tokenizer):
    """What blanks separate, as prepared corpora have it: `<eos>` a line, `<unk>` a word.

    A `<unk>` or `<eos>` in the text is that token. An empty line is just an `<eos>`, and a last
    line without a newline has none.
    """

    level = "word"
    normalises = "Any blanks between two tokens become one, those around a line go."
    unk = UNK
    eos = EOS

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self._ids = {token: id for id, token in enumerate(tokens)} | {"\n": EOS}

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        min_count: Annotated[int, "a token seen less often is unknown"] = 1,
        max_vocabulary: Annotated[int, "keep this many tokens, <unk> and <eos> among them"] = 0,
    ) -> Self:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text.split())
        return cls(most_frequent(counts, ["<unk>", "<eos>"], min_count, max_vocabulary))

    def encode(self, text: str) -> Encoding:
        found = list(TOKEN.finditer(text))
        ids = [self._ids.get(match.group(), UNK) for match in found]
        return Encoding(ids, [match.start() for match in found], [match.end() for match in found])

    def ids(self, text: str) -> Ids:
        tokens = text.replace("\n", " <eos> ").split()
        return np.array([self._ids.get(token, UNK) for token in tokens], dtype=np.int32)

    def decoder(self) -> Decoder:
        return Blanks(self.tokens)

    def to_dict(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(data["tokens"])


class Blanks(Decoder):
    """One blank between two tokens of a line, none at its ends."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._blank = ""

    def feed(self, id: int) -> str:
        before, self._blank = self._blank, "" if id == EOS else " "
        return "\n" if id == EOS else before + self._tokens[id]
