"""Stretches of text files: read in pieces, and cut only where lines begin."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rnnrepl.files.chunks import whole_lines

REFERENCE = "python-reference"  # the text that every CPython carries

LARGE = 1 << 24  # bytes from which on texts are worth several processes, and a place on the disk
PIECE = 1 << 18  # bytes that are read at once
REACH = 1 << 12  # bytes in which a line mostly ends

_LINE = re.compile(r"\n(?=[^\S\n]*\S)")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes of a text file from `start` to `end`; no character lies across either.

    `sha256` is that of the whole file.
    """

    path: str
    start: int
    end: int
    sha256: str

    def texts(self) -> Iterator[str]:
        """The text, in pieces of any kind."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with opened(self.path) as file:
            file.seek(self.start)
            for at in range(self.start, self.end, PIECE):
                yield decoder.decode(file.read(min(PIECE, self.end - at)))

    def blocks(self, size: int) -> Iterator["Span"]:
        """The same in parts of so many bytes, each longer by what is left of its last line."""
        start = self.start
        while start < self.end:
            end = self._line(start + size)
            yield replace(self, start=start, end=end)
            start = end

    def place(self, characters: int) -> int:
        """The byte at which so many characters have been read."""
        with opened(self.path) as file:
            file.seek(self.start)
            for at in range(self.start, self.end, PIECE):
                data = np.frombuffer(file.read(min(PIECE, self.end - at)), np.uint8)
                begins = (data & 0xC0) != 0x80  # and all others go on with a character
                if (here := int(np.count_nonzero(begins))) > characters:
                    return at + int(np.flatnonzero(begins)[characters])
                characters -= here
        return self.end

    def _line(self, at: int) -> int:
        """The first place from a byte on where a line begins that is not blank; or the end."""
        if at >= self.end:
            return self.end
        with opened(self.path) as file:
            file.seek(at - 1)
            data = file.read(min(REACH, self.end - at + 1))
            while not (found := _LINE.search(data.decode("utf-8", "ignore"))):
                if at - 1 + len(data) == self.end:
                    return self.end
                data += file.read(min(len(data), self.end - at + 1 - len(data)))
        # What was ignored at the beginning is the rest of a character.
        cut = next(n for n, byte in enumerate(data) if byte & 0xC0 != 0x80)
        return at - 1 + cut + len(found.string[: found.end()].encode())


def pieces(spans: Iterable[Span]) -> Iterator[str]:
    """The text of several spans, in pieces for a tokenizer: none goes across two spans."""
    for span in spans:
        yield from whole_lines(span.texts())


def are_large(spans: Iterable[Span]) -> bool:
    """Whether it is worth while to keep what is made of these texts."""
    return sum(span.end - span.start for span in spans) >= LARGE


def opened(path: str) -> BinaryIO:
    """A text file; or the text of the Python language reference, as if it were one."""
    return io.BytesIO(reference()) if is_reference(path) else Path(path).open("rb")


def is_reference(path: str) -> bool:
    """Whether this names no file, but the reference."""
    return path == REFERENCE and not Path(path).exists()


def reference() -> bytes:
    """The text of the Python language reference."""
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics)).encode()
