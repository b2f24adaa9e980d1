"""Spans of text files, read in chunks and cut only at the start of a line."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import whole_lines
from rnnrepl.files.progress import Progress, report
from rnnrepl.files.reading import open_regular

REFERENCE = Path("python-reference")  # names the Python language reference, part of CPython

LARGE = 1 << 24  # bytes of text from which several processes and the cache pay off
CHUNK = 1 << 18  # bytes per read
LOOKAHEAD = 1 << 12  # bytes in which the next line usually starts

_LINE_START = re.compile(r"(?:\n|\r(?!\n))(?=[^\S\r\n]*\S)")
_CR, _LF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes `start` to `end` of a text file, which split no character.

    `sha256` is the digest of the whole file. With `line_break` a line break follows that is not in
    the file: it ends a text that another one follows. Reading raises RnnreplError if the file is
    gone, or has become shorter.
    """

    path: Path
    start: int
    end: int
    sha256: str
    line_break: bool = False

    def texts(self) -> Iterator[str]:
        """Yields the text in chunks, which may end anywhere, with line ends translated to LF."""
        utf8 = codecs.getincrementaldecoder("utf-8")()
        decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
        with open_text(self.path) as file:
            file.seek(self.start)
            for at in range(self.start, self.end, CHUNK):
                yield decoder.decode(self._read(file, min(CHUNK, self.end - at)))
        yield decoder.decode(b"\n" if self.line_break else b"", final=True)

    def blocks(self, size: int) -> Iterator["Span"]:
        """Splits the span into spans of `size` bytes, each extended to the end of its last line."""
        start = self.start
        while start < self.end:
            end = self._next_line(start + size)
            line_break = self.line_break and end == self.end
            yield replace(self, start=start, end=end, line_break=line_break)
            start = end

    def offset(self, characters: int) -> int:
        """The byte offset in the file after so many characters of the span; CRLF is one."""
        last = 0  # the byte before
        with open_text(self.path) as file:
            file.seek(self.start)
            for at in range(self.start, self.end, CHUNK):
                data = np.frombuffer(self._read(file, min(CHUNK, self.end - at)), np.uint8)
                first_bytes = (data & 0xC0) != 0x80  # all others continue a character
                before = np.concatenate([[last], data[:-1]])
                first_bytes &= (data != _LF) | (before != _CR)
                last = int(data[-1])
                if (count := int(np.count_nonzero(first_bytes))) > characters:
                    return at + int(np.flatnonzero(first_bytes)[characters])
                characters -= count
        return self.end

    def _next_line(self, at: int) -> int:
        """The offset of the first non-blank line that starts at byte `at` or later, or the end."""
        if at >= self.end:
            return self.end
        with open_text(self.path) as file:
            file.seek(at - 1)
            data = self._read(file, min(LOOKAHEAD, self.end - at + 1))
            while not (match := _LINE_START.search(data.decode("utf-8", "ignore"))):
                if at - 1 + len(data) == self.end:
                    return self.end
                data += self._read(file, min(len(data), self.end - at + 1 - len(data)))
        # The decoder ignored the rest of a character at the beginning.
        ignored = next(n for n, byte in enumerate(data) if byte & 0xC0 != 0x80)
        return at - 1 + ignored + len(match.string[: match.end()].encode())

    def _read(self, file: BinaryIO, size: int) -> bytes:
        data = file.read(size)
        if len(data) < size:
            raise RnnreplError(f"'{self.path}' has become shorter while it was read: start again.")
        return data


def pieces(spans: Iterable[Span]) -> Iterator[str]:
    """Yields the text of several spans in whole lines; no piece crosses two spans."""
    for span in spans:
        yield from whole_lines(span.texts())


def reported_pieces(spans: Sequence[Span], task: str) -> Iterator[str]:
    """Yields the pieces of several spans, and reports how much of the text has been used."""
    done, total = 0, size(spans)
    for piece in pieces(spans):
        yield piece
        done += len(piece.encode("utf-8", "replace"))
        report(Progress(done, total, task))


def are_large(spans: Iterable[Span]) -> bool:
    """Whether texts are large enough to encode in several processes and to cache."""
    return size(spans) >= LARGE


def size(spans: Iterable[Span]) -> int:
    """The number of bytes of several spans."""
    return sum(span.end - span.start for span in spans)


def open_text(path: Path) -> BinaryIO:
    """Opens a text file, or the Python language reference as if it were a file.

    Raises RnnreplError if the file can no longer be read.
    """
    try:
        return io.BytesIO(reference()) if is_reference(path) else open_regular(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RnnreplError(f"'{path}' can no longer be read: {reason}; start again.") from error


def is_reference(path: Path) -> bool:
    """Whether a path names the Python language reference, and no file."""
    return path == REFERENCE and not path.exists()


def reference() -> bytes:
    """The text of the Python language reference."""
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics)).encode()
