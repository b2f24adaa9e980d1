"""Building blocks of tokenizers: decoders, vocabularies and spans."""

import codecs
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import chain
from typing import Self

import numpy as np
import numpy.typing as npt

from rnnrepl.tokenizer.contract import Decoder

BROKEN = "\ufffd"  # replaces invalid bytes


class Lookup(Decoder):
    """Decoder for tokens whose text does not depend on their neighbours."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def feed(self, id: int) -> str:
        return self._texts[id]

    def copy(self) -> Self:
        return self  # immutable


class Utf8(Decoder):
    """Decoder for tokens that are bytes of UTF-8 text.

    Holds the bytes of a character back until it is complete; invalid bytes become U+FFFD. Lone
    surrogates are three bytes each.
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
        size = 2 + (held[0] >= 0xE0) + (held[0] >= 0xF0)  # of the incomplete character
        if size - len(held) > 1:
            return None  # too many to list
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
    """Returns the code points (N,) of a text, including lone surrogates."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def most_frequent(
    counts: Mapping[str, int], special: Sequence[str], least: int = 1, size: int = 0
) -> list[str]:
    """Returns a vocabulary: the special tokens, then tokens seen at least `least` times.

    They are sorted by frequency, then by code points. `size` limits the vocabulary, including the
    special tokens; 0 is no limit.
    """
    words = [word for word, count in counts.items() if count >= least and word not in special]
    words.sort(key=lambda word: (-counts[word], word))
    room = max(size - len(special), 0) if size else None
    return [*special, *words[:room]]


def spans(starts: Sequence[int], ends: Sequence[int], length: int) -> tuple[list[int], list[int]]:
    """Makes the spans of a library valid for an Encoding: not empty and non-decreasing.

    An empty span is extended to the next character, at the end of the text to the last.
    """
    first = np.minimum(np.maximum.accumulate(np.asarray(starts, dtype=np.int64)), length - 1)
    last = np.maximum.accumulate(np.maximum(np.asarray(ends, dtype=np.int64), first + 1))
    return first.tolist(), last.tolist()
