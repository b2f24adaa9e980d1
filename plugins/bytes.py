"""UTF-8 bytes as tokens: 256 of them, and nothing is ever unknown."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

import numpy as np

from rnnrepl.tokenizer import Decoder, Encoding, Ids, Tokenizer, Utf8, code_points

EOS = 256
NEWLINE = ord("\n")
BYTES = [*(bytes([b]) for b in range(256)), b"\n"]  # the last is the end token


class Bytes(Tokenizer):
    """UTF-8 bytes: never unknown, and the longest sequences.

    All bytes of a character share its span. Lone surrogates pass as three bytes each.
    """

    level = "byte"

    def __init__(self, eos: str) -> None:
        self.tokens = [chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}" for b in range(256)]
        if eos == "line":
            self.tokens.append("<eos>")
            self.eos = EOS

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        eos: Annotated[Literal["none", "line"], "whether each newline is an end token"] = "none",
    ) -> Self:
        return cls(eos)  # there is nothing to learn

    def ids(self, text: str) -> Ids:
        ids = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8).astype(np.int32)
        return ids if self.eos is None else np.where(ids == NEWLINE, EOS, ids).astype(np.int32)

    def encode(self, text: str) -> Encoding:
        points = code_points(text)
        sizes = 1 + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF)
        starts = np.repeat(np.arange(len(text)), sizes)
        return Encoding(self.ids(text).tolist(), starts.tolist(), (starts + 1).tolist())

    def decoder(self) -> Decoder:
        return Utf8(BYTES)

    def to_dict(self) -> dict[str, Any]:
        return {"eos": "none" if self.eos is None else "line"}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(data["eos"])
