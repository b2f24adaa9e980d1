"""What many tokenizers are made of: decoders, vocabularies, spans."""

import codecs
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import chain
from typing import Self

import numpy as np
import numpy.typing as npt

from rnnrepl.tokenizer.contract import Decoder

BROKEN = "\ufffd"  # what becomes of bytes that are no character


class Lookup(Decoder):
    """The decoder of a tokenizer whose tokens stand for the same text everywhere."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def feed(self, id: int) -> str:
        return self._texts[id]

    def copy(self) -> Self:
        return self  # there is nothing that changes


class Utf8(Decoder):
    """The decoder of a tokenizer whose tokens stand for bytes, of UTF-8 when they are put together.

    Holds a character's bytes back until it is whole; what never will be becomes U+FFFD. Lone
    surrogates pass as three bytes each.
    """

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts
        self._utf8 = codecs.getincrementaldecoder("utf-8")("surrogates_or_replace")

    def feed(self, id: int) -> str:
        return self._utf8.decode(self._parts[id])

    def flush(self) -> str:
        return self._utf8.decode(b"", final=True)

    def pending(self) -> Iterable[str] | None:
        held = self._utf8.getstate()[0]
        if not held:
            return None
        size = 2 + (held[0] >= 0xE0) + (held[0] >= 0xF0)  # of the character that has begun
        if size - len(held) > 1:
            return None  # too many to be listed
        ends = (held + bytes([byte]) for byte in range(0x80, 0xC0))
        return chain((end.decode("utf-8", "surrogatepass") for end in ends), [BROKEN])

    def copy(self) -> Self:
        other = copy(self)
        other._utf8 = copy(self._utf8)
        return other


def _surrogates_or_replace(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogatepass")(error)
    except UnicodeError:
        return codecs.lookup_error("replace")(error)


codecs.register_error("surrogates_or_replace", _surrogates_or_replace)


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """The characters of a text as numbers, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def most_frequent(
    counts: Mapping[str, int], special: Sequence[str], least: int = 1, size: int = 0
) -> list[str]:
    """A vocabulary: the special tokens, then the others seen `least` times, the frequent first.

    Equally frequent ones stand in the order of their characters. `size` bounds the whole
    vocabulary, the special tokens included; 0 does not.
    """
    words = [word for word, count in counts.items() if count >= least and word not in special]
    words.sort(key=lambda word: (-counts[word], word))
    room = max(size - len(special), 0) if size else None
    return [*special, *words[:room]]


def spans(starts: Sequence[int], ends: Sequence[int], length: int) -> tuple[list[int], list[int]]:
    """Spans as an Encoding has them, from those of a library: none empty, and none going back.

    An empty span gets the character that it stands before, the last at the end of the text.
    """
    first = np.minimum(np.maximum.accumulate(np.asarray(starts, dtype=np.int64)), length - 1)
    last = np.maximum.accumulate(np.maximum(np.asarray(ends, dtype=np.int64), first + 1))
    return first.tolist(), last.tolist()
