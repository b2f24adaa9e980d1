"""The training corpus: checked and measured in one pass, split, never held in memory."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.reading import is_stream
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

    @property
    def name(self) -> str:
        """The name of the first file without its suffix, used to name the model."""
        return Path(self.files[0].name).stem

    def to_dict(self) -> dict[str, Any]:
        """The origin of the texts as plain JSON."""
        return {
            "corpus": [asdict(info) for info in self.files],
            "valid": [asdict(info) for info in self.valid_files],
            "split": self.split,
        }


def read(files: Sequence[Path], valid: Path | None = None, split: float | None = None) -> Corpus:
    """Reads a corpus once, to check and measure it; without files, the Python language reference.

    Without a validation file the first int(split * characters) characters are used for training.
    The default split is 0.9, or all but a million characters if that is more.
    Raises RnnreplError for a file that is missing, empty or not UTF-8 text.
    """
    texts = [_scan(path) for path in files or [REFERENCE]]
    spans, infos = tuple(span for span, _ in texts), tuple(info for _, info in texts)
    if valid is not None:
        span, info = _scan(valid)
        return Corpus(spans, (span,), infos, (info,), None, info.characters)
    characters = sum(info.characters for info in infos)
    if split is None:
        split = max(SPLIT, 1 - MAX_HELD_OUT / characters)
    border = int(split * characters)
    return Corpus(*_split(texts, border), infos, (), split, characters - border)


def check(files: Sequence[Path], valid: Path | None = None) -> None:
    """Raises RnnreplError as `read` does for a text that cannot be opened, without reading it all.

    An empty or unreadable beginning of a file is noticed too.
    """
    for path in (*files, *([] if valid is None else [valid])):
        if not is_reference(path):
            _refuse_streams(path)
            next(text_files.chunks(path, instead=_INSTEAD), None)


def _split(
    texts: Sequence[tuple[Span, FileInfo]], border: int
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The texts before and after so many characters."""
    train, valid = [], []
    for span, info in texts:
        at = span.start if border <= 0 else span.end
        if 0 < border < info.characters:
            at = span.offset(border)
        train.append(replace(span, end=at))
        valid.append(replace(span, start=at))
        border -= info.characters
    return _not_empty(train), _not_empty(valid)


def _not_empty(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.start < span.end)


def _scan(path: Path) -> tuple[Span, FileInfo]:
    """Reads a whole file: its span without the byte order mark, and its identity."""
    if is_reference(path):
        data = reference()
        info = FileInfo(path.name, len(data), len(data.decode()), sha256(data).hexdigest())
        return Span(path, 0, len(data), info.sha256), info
    _refuse_streams(path)
    digest, size, characters, start = sha256(), 0, 0, 0
    for data, text in text_files.chunks(path, instead=_INSTEAD):
        if not size and data.startswith(_BYTE_ORDER_MARK):
            start = len(_BYTE_ORDER_MARK)
        digest.update(data)
        size, characters = size + len(data), characters + len(text)
    info = FileInfo(path.name, size, characters, digest.hexdigest())
    return Span(path, start, size, info.sha256), info


def _refuse_streams(path: Path) -> None:
    if path == text_files.STDIN or is_stream(path):
        stdin = path in (text_files.STDIN, Path("/dev/stdin"))
        what = "standard input" if stdin else f"the pipe '{path}'"
        raise usage(f"Resuming a run reads its text again: give a file, not {what}.")
