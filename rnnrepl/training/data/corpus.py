"""The training corpus: checked and measured in one pass, split, never held in memory."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from rnnrepl.errors import usage
from rnnrepl.files import collection, encodings
from rnnrepl.files import text as text_files
from rnnrepl.files.reading import is_stream
from rnnrepl.files.text import TextFiles
from rnnrepl.training.data.conversion import plain_copies
from rnnrepl.training.data.spans import REFERENCE, Span, is_reference, reference

SPLIT = 0.9  # without --split and --valid, but
MAX_HELD_OUT = 1_000_000  # characters at most are held out by default

_INSTEAD = f", or '{REFERENCE}' for the text of the Python language reference"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FileInfo:
    """Identifies a text: file name, size in bytes and in characters, SHA-256 of the file."""

    name: str
    bytes: int
    characters: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Training and validation texts, and the files that they come from.

    `split` is the share of the characters used for training, None with validation files.
    """

    train: tuple[Span, ...]
    valid: tuple[Span, ...]
    files: tuple[FileInfo, ...]
    valid_files: tuple[FileInfo, ...]
    split: float | None
    valid_characters: int

    def to_dict(self) -> dict[str, Any]:
        """The origin of the texts as plain JSON."""
        return {
            "corpus": [asdict(info) for info in self.files],
            "valid": [asdict(info) for info in self.valid_files],
            "split": self.split,
        }


def title(files: Sequence[Path]) -> str:
    """A short name for a corpus, and for the model that is trained on it."""
    return collection.title(files[0] if files else REFERENCE)


def read(
    files: Sequence[Path],
    valid: Path | None = None,
    split: float | None = None,
    encoding: str = "",
) -> Corpus:
    """Reads a corpus once, to check and measure it; without files, the Python language reference.

    A line break comes between two files if the first does not end with one. Without a validation
    file the first int(split * characters) characters are used for training. The default split is
    0.9, or all but a million characters if that is more.
    Raises RnnreplError for a file that is missing, empty or not text in the encoding.
    """
    texts = _scan_all(files or [REFERENCE], encoding)
    spans, infos = tuple(span for span, _ in texts), tuple(info for _, info in texts)
    if valid is not None:
        valid_texts = _scan_all([valid], encoding)
        valid_spans, valid_infos = zip(*valid_texts, strict=True)
        return Corpus(spans, valid_spans, infos, valid_infos, None, _characters(valid_texts))
    characters = _characters(texts)
    if split is None:
        split = max(SPLIT, 1 - MAX_HELD_OUT / characters)
    border = _border(texts, int(split * characters))
    return Corpus(*_split(texts, border), infos, (), split, characters - border)


def check(paths: Sequence[Path], encoding: str = "") -> TextFiles:
    """The files of a corpus, in the order in which they are read; folders and patterns are listed.

    Raises RnnreplError as `read` does for a file that cannot be opened, or whose beginning is empty
    or not text.
    """
    files = text_files.collect(paths, encoding)
    for path in files.paths:
        if not is_reference(path):
            _refuse_streams(path)
            next(text_files.chunks(path, files.encoding, instead=_INSTEAD), None)
    return files


def _characters(texts: Sequence[tuple[Span, FileInfo]]) -> int:
    return sum(info.characters + span.line_break for span, info in texts)


def _border(texts: Sequence[tuple[Span, FileInfo]], characters: int) -> int:
    """The number of characters before the validation text.

    A line break between two files belongs to the first.
    """
    end = 0
    for span, info in texts:
        end += info.characters + span.line_break
        if span.line_break and end - 1 == characters:
            return end
    return characters


def _split(
    texts: Sequence[tuple[Span, FileInfo]], border: int
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The texts before and after so many characters."""
    train, valid = [], []
    for span, info in texts:
        at = span.start if border <= 0 else span.end
        if 0 < border < info.characters:
            at = span.offset(border)
        train.append(replace(span, end=at, line_break=span.line_break and at == span.end))
        valid.append(replace(span, start=at))
        border -= info.characters + span.line_break
    return _not_empty(train), _not_empty(valid)


def _not_empty(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.start < span.end)


def _scan_all(paths: Sequence[Path], encoding: str) -> list[tuple[Span, FileInfo]]:
    """Reads whole files: their spans and identities."""
    files = check(paths, encoding)
    plain = [path for path in files.paths if not is_reference(path)]
    copies = plain_copies(plain, files.encoding)
    texts = []
    for path in files.paths:
        if copy := copies.get(path):
            span, info = _scan(copy.path, encodings.UTF_8)
            info = FileInfo(path.name, path.stat().st_size, info.characters, copy.sha256)
        else:
            span, info = _scan(path, files.encoding)
        texts.append((span, info))
    last, _ = texts[-1]
    texts[-1] = replace(last, line_break=False), texts[-1][1]
    return texts


def _scan(path: Path, encoding: str) -> tuple[Span, FileInfo]:
    """Reads a whole file in UTF-8: its span without the byte order mark, and its identity."""
    if is_reference(path):
        data = reference()
        info = FileInfo(path.name, len(data), len(data.decode()), sha256(data).hexdigest())
        return Span(path, 0, len(data), info.sha256, not data.endswith(b"\n")), info
    digest, size, characters, start, end = sha256(), 0, 0, 0, ""
    for data, text in text_files.chunks(path, encoding, instead=_INSTEAD):
        if not size and data.startswith(_BYTE_ORDER_MARK):
            start = len(_BYTE_ORDER_MARK)
        digest.update(data)
        size, characters, end = size + len(data), characters + len(text), text or end
    info = FileInfo(path.name, size, characters, digest.hexdigest())
    return Span(path, start, size, info.sha256, not end.endswith("\n")), info


def _refuse_streams(path: Path) -> None:
    if path == text_files.STDIN or is_stream(path):
        stdin = path in (text_files.STDIN, Path("/dev/stdin"))
        what = "standard input" if stdin else f"the pipe '{path}'"
        raise usage(f"Resuming a run reads its text again: give a file, not {what}.")
