"""Reading text files in pieces: folders, patterns, compressed files, any encoding.

CRLF and CR become LF, as in the text mode of Python, so that a text is the same on all systems.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import chain
from pathlib import Path
from typing import cast

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import compression, encodings, model_folders, progress, signatures
from rnnrepl.files.collection import expand, summary
from rnnrepl.files.reading import open_regular
from rnnrepl.results.session import Notice

PIECE = 1 << 16  # bytes
HEAD = 1 << 9  # bytes by which a file's kind is known; those of a shorter first line suffice

STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class TextFiles:
    """Text files read as one text: an iterable of its pieces, which can be read more than once.

    A line break comes between two files if the first does not end with one. `encoding` is "" for
    UTF-8, or for UTF-16 and UTF-32 with a byte order mark. `notices` say which files were found in
    folders and by patterns.
    """

    paths: tuple[Path, ...]
    encoding: str = ""
    notices: tuple[Notice, ...] = ()

    def __iter__(self) -> Iterator[str]:
        piece = "\n"
        for path in self.paths:
            if not piece.endswith("\n"):
                yield "\n"
            for piece in pieces(path, self.encoding):
                yield piece

    def lines(self) -> Iterator[str]:
        """Yields the lines of all files, without their breaks; see `lines` of one file."""
        return chain.from_iterable(lines(path, self.encoding) for path in self.paths)

    def located_lines(self) -> Iterator[tuple[str, str]]:
        """Yields (place, line): each line, and its file and number for a message."""
        for path in self.paths:
            for number, line in enumerate(lines(path, self.encoding), 1):
                yield place(path, number), line

    def place(self, number: int, unit: str = "line") -> str:
        """Names line `number`, from 1, of all files, or another unit, for a message."""
        paths = iter(self.paths)
        path = next(paths)
        if len(self.paths) > 1 and (STDIN in self.paths or unit != "line"):
            return f"{unit.capitalize()} {number} of all files"
        for after in paths:  # these files are read again
            if number <= (count := sum(1 for _ in lines(path, self.encoding))):
                break
            path, number = after, number - count
        return place(path, number, unit)

    @property
    def size(self) -> int | None:
        """The bytes of the text in UTF-8, up to line ends; None if they are not known."""
        plain = all(is_plain(path, self.encoding) for path in self.paths)
        return progress.total_size(self.paths) if plain else None

    @property
    def is_stdin(self) -> bool:
        """Whether the text is standard input alone, whose writer may wait for each answer."""
        return self.paths == (STDIN,)


def collect(files: str | Path | Iterable[str | Path], encoding: str = "") -> TextFiles:
    """The text files that one or more paths name: files, folders (their .txt files), and patterns.

    Raises RnnreplError for a folder or a pattern without files, for an unknown encoding, and for
    standard input that is named twice.
    """
    paths = [Path(file) for file in ([files] if isinstance(files, str | Path) else files)]
    if paths.count(STDIN) > 1:
        raise usage("Standard input can be read only once.")
    lists = [(path, expand(path)) for path in paths]
    notices = (Notice(summary(path, files)) for path, files in lists if files != [path])
    all_files = tuple(chain.from_iterable(files for _, files in lists))
    return TextFiles(all_files, encodings.normalized(encoding), tuple(notices))


def chunks(path: Path, encoding: str = "", *, instead: str = "") -> Iterator[tuple[bytes, str]]:
    """Yields (bytes, text): each chunk of a file with the characters it completes.

    The bytes of a compressed file are those of its contents. `instead` names alternatives in error
    messages. Raises RnnreplError for a file that is missing, a folder, not text in the encoding, or
    blank.
    """
    blank = True
    for data, text in _decoded(path, encoding, instead):
        blank = blank and not text.strip()
        yield data, text
    if blank:
        raise _empty(path)


def pieces(path: Path, encoding: str = "") -> Iterator[str]:
    """Yields the text of a file in pieces.

    Raises RnnreplError for a file that is missing, a folder, not text in the encoding, or empty.
    """
    empty = True
    for _, piece in _decoded(path, encoding):
        if piece:
            empty = False
            yield piece
    if empty:
        raise _empty(path)


def lines(path: Path, encoding: str = "") -> Iterator[str]:
    """Yields the lines without their breaks, each as soon as it is available.

    Raises RnnreplError as `pieces` does, except that an empty file has no lines.
    """
    begun: list[str] = []  # the pieces of a line whose end has not been read yet
    for _, text in _decoded(path, encoding):
        first, *others = text.split("\n")
        begun.append(first)
        for line in others:
            yield "".join(begun)
            begun = [line]
    if any(begun):
        yield "".join(begun)


def is_plain(path: Path, encoding: str = "") -> bool:
    """Whether the bytes of a file are its text in UTF-8; False for a pipe or a missing file."""
    try:
        with open_regular(path) as file:
            head = file.read(HEAD)
    except OSError:
        return False
    utf_8 = encodings.detected(head, encoding) == encodings.UTF_8
    return utf_8 and not compression.compression(head)


def _decoded(path: Path, encoding: str, instead: str = "") -> Iterator[tuple[bytes, str]]:
    title = name(path)
    with _opened(path, instead) as file:
        head, data = _begun(_chunks(file))
        if kind := compression.compression(head):
            head, data = _begun(compression.decompressed(data, kind, title))
        if kind := signatures.kind(head):
            raise RnnreplError(f"{title} is {kind}.")
        if signatures.is_html(head) and not encoding:
            raise RnnreplError(
                f"{title} is a web page (HTML): convert it to text first, for example with pandoc, "
                "or give its `encoding` to read the markup as text."
            )
        yield from encodings.decoded(data, title, encodings.detected(head, encoding))


def _begun(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first line of some data, or its first bytes if they are more; and all chunks."""
    first = []
    for chunk in chunks:
        first.append(chunk)
        if b"\n" in chunk or sum(map(len, first)) >= HEAD:
            break
    return b"".join(first), chain(first, chunks)


@contextmanager
def _opened(path: Path, instead: str = "") -> Iterator[BufferedIOBase]:
    """Opens a file for reading bytes; `-` is standard input."""
    try:
        with _stdin() if path == STDIN else open_regular(path, pipes=True) as file:
            yield file
    except FileNotFoundError:
        raise _missing(path, instead) from None
    except IsADirectoryError:
        raise usage(f"{name(path)} is a folder: give a text file{instead}.") from None
    except OSError as error:
        reason = str(error.strerror).lower()
        raise RnnreplError(f"{name(path)} cannot be read: {reason}.") from error


def _stdin() -> AbstractContextManager[BufferedIOBase]:
    if sys.stdin is None or sys.stdin.isatty():
        raise usage("Standard input is a terminal: give a text or a file, or pipe a text into it.")
    return nullcontext(cast(BufferedIOBase, sys.stdin.buffer))


def _chunks(file: BufferedIOBase) -> Iterator[bytes]:
    while chunk := file.read1(PIECE):  # of a pipe, what there is
        yield chunk


def _empty(path: Path) -> RnnreplError:
    return RnnreplError(f"{name(path)} is empty.")


def name(path: Path) -> str:
    """Returns the name of a file as messages give it."""
    return "Standard input" if path == STDIN else f"'{path}'"


def place(path: Path, number: int, unit: str = "line") -> str:
    """Returns the name of line `number`, from 1, of a file as messages give it."""
    return f"{name(path)}, {unit} {number}"


def _missing(path: Path, instead: str) -> RnnreplError:
    if str(path) in model_folders.names():
        return usage(f"{name(path)} is a model and not a file: put `model` before each model.")
    if " " in str(path) and not instead:
        instead = ", or - to read the text from standard input"
    return usage(f"There is no file {name(path)}: give a text file{instead}.")
