"""The text to train on: read, checked, split, and turned into ids."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from rnnrepl import textfile
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.pieces import whole_lines
from rnnrepl.tokenizer import Ids, Tokenizer

REFERENCE = "python-reference"  # the text that every CPython carries

_INSTEAD = f", or '{REFERENCE}' for the text of the Python language reference"

PIECE = 1 << 16  # characters
FEWEST_TRAIN, FEWEST_VALID = 64, 8  # tokens


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

    train: tuple[str, ...]
    valid: tuple[str, ...]
    files: tuple[Facts, ...]
    valid_files: tuple[Facts, ...]
    split: float | None

    @property
    def name(self) -> str:
        """A name for what is learnt from it."""
        return Path(self.files[0].name).stem

    @property
    def valid_characters(self) -> int:
        return sum(map(len, self.valid))

    def to_dict(self) -> dict[str, Any]:
        """Where the texts are from, as plain JSON."""
        return {
            "corpus": [asdict(facts) for facts in self.files],
            "valid": [asdict(facts) for facts in self.valid_files],
            "split": self.split,
        }


def read(files: Sequence[str], valid: str | None = None, split: float = 0.9) -> Corpus:
    """Reads a corpus; no files at all mean the text of the Python language reference.

    Without a validation file the first int(split * characters) characters train. Raises
    RnnreplError for a file that is missing, empty or not UTF-8 text.
    """
    found = [_source(name) for name in files or [REFERENCE]]
    texts, facts = tuple(text for text, _ in found), tuple(fact for _, fact in found)
    if valid is not None:
        text, fact = _source(valid)
        return Corpus(texts, (text,), facts, (fact,), None)
    border = int(split * sum(map(len, texts)))
    return Corpus(*_split(texts, border), facts, (), split)


def _split(texts: tuple[str, ...], border: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts before and after so many characters."""
    train, valid = [], []
    for text in texts:
        train.append(text[: max(border, 0)])
        valid.append(text[max(border, 0) :])
        border -= len(text)
    return tuple(filter(None, train)), tuple(filter(None, valid))


def _source(name: str) -> tuple[str, Facts]:
    path = Path(name)
    if name == REFERENCE and not path.exists():
        text = _reference()
        data = text.encode()
    elif path == textfile.STDIN:
        raise usage("A run that goes on reads its text again: give a file, not standard input.")
    else:
        text, data = textfile.whole(path, instead=_INSTEAD)
    return text, Facts(path.name, len(data), len(text), sha256(data).hexdigest())


def _reference() -> str:
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))


# --- text to ids --------------------------------------------------------------------------------


def pieces(texts: Iterable[str]) -> Iterator[str]:
    """The same texts in short pieces, for a tokenizer to learn from."""
    for text in texts:
        yield from whole_lines(text[i : i + PIECE] for i in range(0, len(text), PIECE))


def ids(texts: Sequence[str], tokenizer: Tokenizer, *, cut: bool = False) -> Ids:
    """All texts as one row of ids. A text without a last EOS gets one, unless it is the last of
    texts that were cut there."""
    rows = [np.empty(0, dtype=np.int32)]
    for index, text in enumerate(texts):
        rows += map(tokenizer.ids, pieces([text]))
        ends = not cut or index < len(texts) - 1
        if ends and tokenizer.eos is not None and rows[-1][-1:].tolist() != [tokenizer.eos]:
            rows.append(np.array([tokenizer.eos], dtype=np.int32))
    return np.concatenate(rows)


def check_sizes(train: Ids, valid: Ids) -> None:
    """Raises RnnreplError where there is too little to train or to validate on."""
    if len(train) < FEWEST_TRAIN:
        raise RnnreplError(
            f"The corpus is too small: {len(train)} tokens to train on, and at least "
            f"{FEWEST_TRAIN} are needed."
        )
    if len(valid) < FEWEST_VALID:
        raise RnnreplError(
            f"The corpus is too small to split: {len(valid)} tokens to validate on, and at least "
            f"{FEWEST_VALID} are needed; give a longer one, or a validation text with --valid."
        )


def check_choice(train: Ids, tokenizer: Tokenizer) -> None:
    """Raises RnnreplError where the text is all of one known token: it has nothing to teach."""
    known = set(np.unique(train).tolist()) - {tokenizer.unk}
    if len(known) < 2:
        raise RnnreplError(
            "There is nothing to predict: the text holds "
            f"{'one token' if known else 'no token'} of the vocabulary; give another text, or "
            "other options of the tokenizer."
        )
