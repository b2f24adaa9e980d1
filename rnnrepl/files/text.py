"""Text files, piece by piece, with one sentence for whatever can be wrong with them."""

import codecs
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from rnnrepl.errors import RnnreplError, usage

PIECE = 1 << 16  # bytes

STDIN = Path("-")

_MARK = "\ufeff"  # of the byte order, which UTF-8 has no need of


def chunks(path: Path, *, instead: str = "") -> Iterator[tuple[bytes, str]]:
    """The bytes that hold a text, bit by bit, each with what text is certain once it is read.

    `instead` says what else can be given. Raises RnnreplError for a file that is missing, no file,
    not UTF-8 text, or nothing but blanks.
    """
    blank = True
    with _opened(path, instead) as file:
        for data, text in _decoded(_chunks(file), _name(path)):
            blank = blank and not text.strip()
            yield data, text
    if blank:
        raise _empty(path)


def pieces(path: Path) -> Iterator[str]:
    """The text as it stands, in pieces; line breaks are as in the file.

    Raises RnnreplError for a file that is missing, no file, not UTF-8 text, or without any text.
    """
    empty = True
    with _opened(path) as file:
        for _, piece in _decoded(_chunks(file), _name(path)):
            if piece:
                empty = False
                yield piece
    if empty:
        raise _empty(path)


def lines(path: Path) -> Iterator[str]:
    """The lines without their breaks (LF or CRLF), each as soon as it can be read.

    Raises RnnreplError as `pieces` does; but a file without lines has none.
    """
    with _opened(path) as file:
        for _, line in _decoded(file, _name(path)):
            if line:
                yield line.removesuffix("\n").removesuffix("\r")


@contextmanager
def _opened(path: Path, instead: str = "") -> Iterator[BinaryIO]:
    """The file's bytes. `-` is standard input."""
    try:
        with _stdin() if path == STDIN else path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise usage(f"There is no file {_name(path)}: give a text file{instead}.") from None
    except IsADirectoryError:
        raise usage(f"{_name(path)} is a folder: give a text file{instead}.") from None
    except OSError as error:
        reason = str(error.strerror).lower()
        raise RnnreplError(f"{_name(path)} cannot be read: {reason}.") from error


def _stdin() -> AbstractContextManager[BinaryIO]:
    if sys.stdin is None or sys.stdin.isatty():
        raise usage("Nothing is piped into standard input: give a text, or the name of a file.")
    return nullcontext(sys.stdin.buffer)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(PIECE):
        yield chunk


def _decoded(chunks: Iterable[bytes], name: str) -> Iterator[tuple[bytes, str]]:
    """Bytes, chunk by chunk, and their text (some may have none), without a byte order mark."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = breaks = 0  # in all chunks before
    mark = _MARK
    for chunk in chain(chunks, [b""]):
        head, zero, _ = chunk.partition(b"\0")
        waiting = len(decoder.getstate()[0])  # bytes of a character that is not whole yet
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
        yield chunk, text
        offset, breaks = offset + len(chunk), breaks + chunk.count(b"\n")


def _empty(path: Path) -> RnnreplError:
    return RnnreplError(f"{_name(path)} is empty: there is nothing in it to read.")


def _name(path: Path) -> str:
    return "Standard input" if path == STDIN else f"'{path}'"
