"""UTF-8 bytes as tokens: 256 tokens, nothing is unknown."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from rnnrepl.tokenizer import (
    Decoder,
    Encoding,
    Ids,
    RnnreplError,
    Tokenizer,
    Utf8,
    checked,
    code_points,
)

EOS = 256  # the end token, after the bytes
NEWLINE = ord("\n")
BYTES = [*(bytes([b]) for b in range(256)), b"\n"]
NAMES = [*(chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}" for b in range(256)), "<eos>"]


class Bytes(Tokenizer):
    """UTF-8 bytes: nothing is unknown, but sequences are the longest.

    Blanks are tokens. All bytes of a character share its span. Lone surrogates are three bytes
    each. An imported model may have only some bytes (`values`, by id); texts with other bytes are
    refused.
    """

    level = "byte"

    def __init__(self, values: Sequence[int]) -> None:
        if not {*values} <= {*range(len(BYTES))} or len({*values}) < len(values):
            raise RnnreplError("The vocabulary is not a list of distinct bytes.")
        self.values = list(values)
        self.tokens = [NAMES[value] for value in values]
        self.eos = self.values.index(EOS) if EOS in values else None
        self.texts = [BYTES[value].decode(errors="replace") for value in values]
        self.table = np.full(len(BYTES), -1, dtype=np.int32)
        self.table[self.values] = range(len(values))
        if self.eos is not None:
            self.table[NEWLINE] = self.eos

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        eos: Annotated[Literal["none", "line"], "whether each newline is an end token"] = "none",
    ) -> Self:
        return cls(range(EOS + 1 if eos == "line" else EOS))  # nothing to train

    def ids(self, text: str) -> Ids:
        ids = self.table[np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)]
        if (ids < 0).any():
            at = int(_starts(text)[np.argmax(ids < 0)])
            raise RnnreplError(f"The tokenizer has no token for {text[at]!r} at {at + 1}.")
        return ids

    def encode(self, text: str) -> Encoding:
        starts = _starts(text)
        return Encoding(self.ids(text).tolist(), starts.tolist(), (starts + 1).tolist())

    def decoder(self) -> Decoder:
        return Utf8([BYTES[value] for value in self.values])

    def grown(self, other: Self) -> Self:
        return type(self)([*self.values, *(v for v in other.values if v not in self.values)])

    def to_dict(self) -> dict[str, Any]:
        return {"values": self.values}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(checked(data, values=[int])["values"])


def _starts(text: str) -> npt.NDArray[np.int64]:
    """Returns the index of the character that each byte belongs to."""
    points = code_points(text)
    sizes = 1 + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF)
    return np.repeat(np.arange(len(text)), sizes)
