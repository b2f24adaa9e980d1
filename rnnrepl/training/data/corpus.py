"""The text to train on: found, read once through, and split; never held in memory."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.training.data.spans import REFERENCE, Span, is_reference, reference

SPLIT = 0.9  # where neither a split nor a validation text is given; but then
HELD_OUT = 1_000_000  # characters are enough to validate on

_INSTEAD = f", or '{REFERENCE}' for the text of the Python language reference"
_MARK = b"\xef\xbb\xbf"  # of the byte order, which is no text


@dataclass(frozen=True, slots=True)
class Facts:
    """What tells one text from another: name, size in bytes and in characters, SHA-256."""

    name: str
    bytes: int
    characters: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts to train on and texts to validate on, and what files they are from.

    `split` is the share of the characters that is trained on, or None where the validation texts
    are a file of their own.
    """

    train: tuple[Span, ...]
    valid: tuple[Span, ...]
    files: tuple[Facts, ...]
    valid_files: tuple[Facts, ...]
    split: float | None
    valid_characters: int

    @property
    def name(self) -> str:
        """A name for what is learnt from it."""
        return Path(self.files[0].name).stem

    def to_dict(self) -> dict[str, Any]:
        """Where the texts are from, as plain JSON."""
        return {
            "corpus": [asdict(facts) for facts in self.files],
            "valid": [asdict(facts) for facts in self.valid_files],
            "split": self.split,
        }


def read(files: Sequence[str], valid: str | None = None, split: float | None = None) -> Corpus:
    """Reads a corpus through; no files at all mean the text of the Python language reference.

    Without a validation file the first int(split * characters) characters train; without a split
    nine tenths do, or all but a million. Raises RnnreplError for a file that is missing, empty or
    not UTF-8 text.
    """
    found = [_surveyed(name) for name in files or [REFERENCE]]
    spans, facts = tuple(span for span, _ in found), tuple(fact for _, fact in found)
    if valid is not None:
        span, fact = _surveyed(valid)
        return Corpus(spans, (span,), facts, (fact,), None, fact.characters)
    characters = sum(fact.characters for fact in facts)
    if split is None:
        split = max(SPLIT, 1 - HELD_OUT / characters)
    border = int(split * characters)
    return Corpus(*_split(found, border), facts, (), split, characters - border)


def _split(
    found: Sequence[tuple[Span, Facts]], border: int
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The texts before and after so many characters."""
    train, valid = [], []
    for span, facts in found:
        at = span.start if border <= 0 else span.end
        if 0 < border < facts.characters:
            at = span.place(border)
        train.append(replace(span, end=at))
        valid.append(replace(span, start=at))
        border -= facts.characters
    return _not_empty(train), _not_empty(valid)


def _not_empty(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.start < span.end)


def _surveyed(name: str) -> tuple[Span, Facts]:
    """A file as a span, without a byte order mark, and its facts; all of it is read once."""
    if is_reference(name):
        data = reference()
        facts = Facts(name, len(data), len(data.decode()), sha256(data).hexdigest())
        return Span(name, 0, len(data), facts.sha256), facts
    path = Path(name)
    if path == text_files.STDIN:
        raise usage("A run that goes on reads its text again: give a file, not standard input.")
    digest, size, characters, start = sha256(), 0, 0, 0
    for data, text in text_files.chunks(path, instead=_INSTEAD):
        if not size and data.startswith(_MARK):
            start = len(_MARK)
        digest.update(data)
        size, characters = size + len(data), characters + len(text)
    facts = Facts(path.name, size, characters, digest.hexdigest())
    return Span(name, start, size, facts.sha256), facts
