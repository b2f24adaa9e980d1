"""Vocabularies beside a checkpoint: pickles, JSON, arrays, lists of tokens, and fitted texts."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.reading import open_regular
from rnnrepl.files.text import lines, pieces
from rnnrepl.importers import numpy_file, tokenizers, torch_file, vocabulary_search
from rnnrepl.importers.vocabulary_search import Vocabulary

SPLITS = ("train.txt", "valid.txt", "test.txt")
MAX_BYTES = 16 << 20  # of a vocabulary that is looked for beside a checkpoint
SUFFIXES = (".pkl", ".pickle", ".json", ".txt", ".npy", ".vocab", ".p", ".dat", ".pt", ".pth")
CODES = {128: ("ascii",), 256: ("bytes", "latin1")}  # vocabularies that need no file, by size
_VOCABULARY_NAME = re.compile(r"vocab|char|token|itos|stoi|word|dict|idx|symbol|alphabet", re.I)
_OTHER_NAME = re.compile(r"requirements|readme|licen[cs]e", re.I)  # texts beside any program


def read(path: Path, size: int) -> list[Vocabulary]:
    """The vocabularies of `size` tokens in a file.

    Raises RnnreplError where the file cannot be read and where it has none.
    """
    vocabularies = list(_in_value(path, _value(path), size))
    if not vocabularies:
        raise RnnreplError(
            f"'{path}' has {_described(path)} and the model {size:,}: it is not the "
            "vocabulary of this model."
        )
    return vocabularies


def beside(checkpoint: Path, size: int) -> list[Vocabulary]:
    """The vocabularies of `size` tokens in other small files of the folder of a checkpoint.

    Of texts, only those whose name or tokens say that they are one.
    """
    unique: dict[tuple[str, ...], Vocabulary] = {}
    for _, vocabulary, is_certain in _neighbours(checkpoint, size):
        if is_certain:
            unique.setdefault(vocabulary.tokens, vocabulary)
    return list(unique.values())


def doubtful(checkpoint: Path, size: int) -> list[Path]:
    """Texts in the folder of a checkpoint that may be its vocabulary only because of their size."""
    return [path for path, _, is_certain in _neighbours(checkpoint, size) if not is_certain]


def _neighbours(checkpoint: Path, size: int) -> Iterator[tuple[Path, Vocabulary, bool]]:
    """What may be vocabularies of `size` tokens beside a checkpoint, and whether each is one."""
    for path in sorted(checkpoint.parent.iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name == checkpoint.name:
            continue
        if _OTHER_NAME.match(path.name):
            continue
        try:
            if path.is_file() and path.stat().st_size <= MAX_BYTES:
                value = _value(path)
                for vocabulary in _in_value(path, value, size):
                    yield path, vocabulary, value is not None or _is_certain(path, vocabulary)
        except (RnnreplError, OSError):
            continue  # not a vocabulary


def _is_certain(path: Path, vocabulary: Vocabulary) -> bool:
    """Whether a text is a vocabulary: by its name or a special token, without blanks in tokens."""
    is_named = _VOCABULARY_NAME.search(path.name) or tokenizers.has_special(vocabulary)
    return bool(is_named) and all(t.split() in ([], [t]) for t in vocabulary.tokens)


def _in_value(path: Path, value: Any, size: int) -> Iterator[Vocabulary]:
    """The vocabularies of `size` tokens in the value of a file, or in its text if it has none."""
    if value is not None:
        for vocabulary in vocabulary_search.search(value, size):
            yield _from(path, vocabulary)
    elif tokens := _listed(path, size):
        yield Vocabulary(tokens, path.name)


def _from(path: Path, vocabulary: Vocabulary) -> Vocabulary:
    source = f"{path.name} ({vocabulary.source})" if vocabulary.source else path.name
    return Vocabulary(**{**vars(vocabulary), "source": source})


def _value(path: Path) -> Any:
    """The value of a pickle, JSON, torch or numpy file; None for other files."""
    if not path.is_file():
        return None
    with open_regular(path) as file:
        content = file.read()
    if pickled := torch_file.read_pickle(content):
        return pickled[0]
    if (value := torch_file.read(content)) is not None:
        return value
    if (value := numpy_file.read(content)) is not None:
        return value
    if content.lstrip()[:1] in (b"{", b"[", b'"'):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            return None
    return None


def _listed(path: Path, size: int) -> tuple[str, ...] | None:
    """The tokens of a text: one a line, separated by white space, or one character each."""
    text = "".join(pieces(path))
    readings = [text.split(None, size)]  # one more than `size` if there are more
    if text.count("\n") <= 2 * size + 1:
        readings.insert(0, _one_a_line(text))
    if len(text) <= size + 1:
        readings += [list(text), list(text.removesuffix("\n"))]
    return next((tuple(r) for r in readings if len(r) == len(set(r)) == size), None)


def _one_a_line(text: str) -> list[str]:
    """One token a line; a space or tab is a token, and a newline leaves two empty lines."""
    lines = text.removesuffix("\n").replace("\r\n", "\n").split("\n")
    tokens, k = [], 0
    while k < len(lines):
        newline = not lines[k]
        k += 2 if newline and lines[k + 1 : k + 2] == [""] else 1
        tokens.append("\n" if newline else _unescaped(lines[k - 1]))
    return tokens


def _unescaped(token: str) -> str:
    return {r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\\": "\\"}.get(token, token)


def of_codes(name: str, size: int) -> Vocabulary | None:
    """The vocabulary `ascii`, `latin1` or `bytes`, whose ids are the codes; None for others."""
    if name not in CODES.get(size, ()):
        return None
    return Vocabulary(tuple(map(chr, range(size))), name, by_byte=name == "bytes")


def sizes(path: Path) -> list[int]:
    """The sizes of what looks like vocabularies in a pickle, JSON, torch or numpy file."""
    value = _value(path)
    return [] if value is None else vocabulary_search.sizes(value)


def _described(path: Path) -> str:
    if _value(path) is not None:
        counts = sizes(path)
        return f"{' or '.join(f'{n:,}' for n in counts)} tokens" if counts else "no list of tokens"
    tokens = [token for line in lines(path) for token in line.split()]
    repeated = next((token for token, count in Counter(tokens).items() if count > 1), None)
    if repeated is not None:
        return f"{repeated!r} twice, {len(set(tokens)):,} tokens"
    return f"{len(tokens):,} tokens"


# --- texts ----------------------------------------------------------------------------------------


def read_corpus(folder: Path) -> list[str]:
    """The words of a corpus in order of first occurrence, with `<eos>` after each line.

    word_language_model and awd-lstm-lm number their words like this: train.txt, then valid.txt and
    test.txt. Raises RnnreplError where one of the files is missing.
    """
    tokens: dict[str, None] = {}
    for name in SPLITS:
        for line in lines(folder / name):
            tokens.update(dict.fromkeys([*line.split(), "<eos>"]))
    return list(tokens)


def _characters(path: Path, lower: bool) -> list[str]:
    characters: set[str] = set()
    for piece in pieces(path):
        characters.update(piece.lower() if lower else piece)
    return sorted(characters)


def _words(path: Path, lower: bool) -> list[str]:
    words: dict[str, None] = {}
    for line in lines(path):
        words.update(dict.fromkeys((line.lower() if lower else line).split()))
    return list(words)


_ORDERS: dict[str, Callable[[Path, bool], list[str]]] = {
    "its characters, sorted": _characters,
    "its words, in order of first occurrence": _words,
}


def fit(path: Path, size: int) -> Vocabulary:
    """The vocabulary that a text or corpus gives: the first order of tokens with `size` of them.

    A folder is a corpus in train.txt, valid.txt and test.txt. Raises RnnreplError where the text
    cannot be read or gives another number of tokens.
    """
    if path.is_dir():
        if not (path / SPLITS[0]).exists():
            raise usage(f"--data must be a text or a folder with {', '.join(SPLITS)}: '{path}'.")
        tokens = read_corpus(path)
        if len(tokens) != size:
            raise _wrong_size(path, {len(tokens)}, size)
        return Vocabulary(tuple(tokens), f"{path.name} (words in order of first occurrence)")
    counts = set()
    for lower in (False, True):
        for order, collect in _ORDERS.items():
            tokens = collect(path, lower)
            counts.add(len(tokens))
            if len(tokens) == size:
                source = f"{path.name} ({order}{', lower-cased' if lower else ''})"
                return Vocabulary(tuple(tokens), source, lower=lower)
    raise _wrong_size(path, counts, size)


def _wrong_size(path: Path, counts: set[int], size: int) -> RnnreplError:
    had = " or ".join(f"{count:,}" for count in sorted(counts))
    return RnnreplError(
        f"'{path}' has {had} tokens and the model {size:,}: it is not the text of this model, or "
        "its program adds special tokens: give --vocab, a file with one token a line."
    )
