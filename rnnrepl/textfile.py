"""Text files, read piece by piece, with one sentence for whatever can be wrong with them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from rnnrepl.errors import RnnreplError, usage

PIECE = 1 << 16  # characters

STDIN = Path("-")


def pieces(path: Path) -> Iterator[str]:
    """The text as it stands, in pieces; line breaks are as in the file.

    Raises RnnreplError for a file that is missing, empty, no file, or not UTF-8 text.
    """
    with _opened(path) as file:
        piece = file.read(PIECE)
        if not piece:
            raise RnnreplError(f"{_name(path)} is empty.")
        while piece:
            yield _text(path, piece)
            piece = file.read(PIECE)


def lines(path: Path) -> Iterator[str]:
    """The lines without their breaks (LF or CRLF), each as soon as it can be read.

    Raises RnnreplError as `pieces` does; but a file without lines has none.
    """
    with _opened(path) as file:
        for line in file:
            yield _text(path, line.removesuffix("\n").removesuffix("\r"))


@contextmanager
def _opened(path: Path) -> Iterator[TextIOWrapper]:
    """The file as UTF-8; a byte order mark is not text. `-` is standard input."""
    try:
        buffer = _stdin() if path == STDIN else path.open("rb")
        with TextIOWrapper(buffer, encoding="utf-8-sig", newline="\n") as file:
            yield file
    except UnicodeDecodeError as error:
        raise RnnreplError(f"{_name(path)} is not UTF-8 text: {error.reason}.") from error
    except FileNotFoundError:
        raise RnnreplError(f"There is no file {path}.") from None
    except OSError as error:
        raise RnnreplError(f"{_name(path)} cannot be read: {error.strerror}.") from error


def _stdin() -> BinaryIO:
    if sys.stdin is None or sys.stdin.isatty():
        raise usage("Nothing is piped into standard input: give a text, or the name of a file.")
    return sys.stdin.buffer


def _text(path: Path, text: str) -> str:
    if "\0" in text:
        raise RnnreplError(f"{_name(path)} is not text: it holds zero bytes.")
    return text


def _name(path: Path) -> str:
    return "Standard input" if path == STDIN else str(path)
