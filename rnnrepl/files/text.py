"""Reading UTF-8 text files in pieces, with line ends translated and clear errors.

CRLF and CR become LF, as in the text mode of Python, so that a text is the same on all systems.
"""

import codecs
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from io import BufferedIOBase, IncrementalNewlineDecoder
from itertools import chain
from pathlib import Path
from typing import cast

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.reading import open_regular

PIECE = 1 << 16  # bytes

STDIN = Path("-")

_MARK = "\ufeff"  # byte order mark, skipped


def chunks(path: Path, *, instead: str = "") -> Iterator[tuple[bytes, str]]:
    """Yields (bytes, text): each chunk of a file with the characters it completes.

    `instead` names alternatives in error messages. Raises RnnreplError for a file that is missing,
    a folder, not UTF-8 text, or blank.
    """
    blank = True
    with _opened(path, instead) as file:
        for data, text in _decoded(_chunks(file), name(path)):
            blank = blank and not text.strip()
            yield data, text
    if blank:
        raise _empty(path)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file as an iterable of its `pieces`, which can be read more than once."""

    path: Path

    def __iter__(self) -> Iterator[str]:
        return pieces(self.path)


def pieces(path: Path) -> Iterator[str]:
    """Yields the text of a file in pieces.

    Raises RnnreplError for a file that is missing, a folder, not UTF-8 text, or empty.
    """
    empty = True
    with _opened(path) as file:
        for _, piece in _decoded(_chunks(file), name(path)):
            if piece:
                empty = False
                yield piece
    if empty:
        raise _empty(path)


def lines(path: Path) -> Iterator[str]:
    """Yields the lines without their breaks, each as soon as it is available.

    Raises RnnreplError as `pieces` does, except that an empty file has no lines.
    """
    begun: list[str] = []  # the pieces of a line whose end has not been read yet
    with _opened(path) as file:
        for _, text in _decoded(_chunks(file), name(path)):
            first, *others = text.split("\n")
            begun.append(first)
            for line in others:
                yield "".join(begun)
                begun = [line]
    if any(begun):
        yield "".join(begun)


@contextmanager
def _opened(path: Path, instead: str = "") -> Iterator[BufferedIOBase]:
    """Opens a file for reading bytes; `-` is standard input."""
    try:
        with _stdin() if path == STDIN else open_regular(path, pipes=True) as file:
            yield file
    except FileNotFoundError:
        raise usage(f"There is no file {name(path)}: give a text file{instead}.") from None
    except IsADirectoryError:
        raise usage(f"{name(path)} is a folder: give a text file{instead}.") from None
    except OSError as error:
        reason = str(error.strerror).lower()
        raise RnnreplError(f"{name(path)} cannot be read: {reason}.") from error


def _stdin() -> AbstractContextManager[BufferedIOBase]:
    if sys.stdin is None or sys.stdin.isatty():
        raise usage("Standard input is a terminal: pipe a text into it, or give a file.")
    return nullcontext(cast(BufferedIOBase, sys.stdin.buffer))


def _chunks(file: BufferedIOBase) -> Iterator[bytes]:
    while chunk := file.read1(PIECE):  # of a pipe, what there is
        yield chunk


def _decoded(chunks: Iterable[bytes], name: str) -> Iterator[tuple[bytes, str]]:
    """Yields each chunk of bytes and the text it completes, without a byte order mark."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    translator = IncrementalNewlineDecoder(None, translate=True)
    offset = breaks = 0  # totals of the previous chunks
    mark = _MARK
    for chunk in chain(chunks, [b""]):
        head, zero, _ = chunk.partition(b"\0")
        waiting = len(decoder.getstate()[0])  # bytes of an incomplete character
        try:
            text = decoder.decode(head, final=bool(zero) or not chunk)
        except UnicodeDecodeError as error:
            line = breaks + error.object.count(b"\n", 0, error.start) + 1
            raise RnnreplError(
                f"{name} is not UTF-8: byte 0x{error.object[error.start]:02x} at offset "
                f"{offset - waiting + error.start}, in line {line}; convert it first, for example "
                "with iconv."
            ) from None
        if zero:
            at = offset + len(head)
            raise RnnreplError(f"{name} is not text: it holds a zero byte at offset {at}.")
        if text:
            text, mark = text.removeprefix(mark), ""
        yield chunk, translator.decode(text, final=not chunk)
        offset, breaks = offset + len(chunk), breaks + chunk.count(b"\n")


def _empty(path: Path) -> RnnreplError:
    return RnnreplError(f"{name(path)} is empty.")


def name(path: Path) -> str:
    """Returns the name of a file as messages give it."""
    return "Standard input" if path == STDIN else f"'{path}'"


def place(path: Path, number: int, unit: str = "line") -> str:
    """Returns the name of line `number`, from 1, of a file as messages give it."""
    return f"{name(path)}, {unit} {number}"
