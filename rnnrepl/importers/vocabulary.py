"""Vocabularies of imported models: files beside a checkpoint, and the tokenizers made of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from rnnrepl.checkpoint import Start
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.text import lines
from rnnrepl.importers import torch_file
from rnnrepl.importers.pickles import StubObject, load
from rnnrepl.tokenizer import Tokenizer, find

_NUMBERED_BYTE = re.compile(rb"\[(\d{3})\]")
SPLITS = ("train.txt", "valid.txt", "test.txt")


def read_vocabulary(path: Path) -> list[str]:
    """The tokens of a vocabulary file, by id.

    Reads text with tokens separated by white space, a pickled list of tokens (fastai's itos.pkl),
    or the pickled corpus of awd-lstm-lm. Raises RnnreplError for a file that cannot be read, and
    for a text that repeats a token.
    """
    if (pickled := _read_pickle(path)) is not None:
        return pickled
    tokens = [token for line in lines(path) for token in line.split()]
    seen: set[str] = set()
    for token in tokens:
        if token in seen:
            raise RnnreplError(f"'{path}' is not a vocabulary: it has {token!r} twice.")
        seen.add(token)
    return tokens


def _read_pickle(path: Path) -> list[str] | None:
    """The tokens of a pickle; None for other files."""
    if not path.is_file():
        return None
    content = path.read_bytes()
    value = torch_file.read(content)
    if value is None and content.startswith(b"\x80"):
        value = load(BytesIO(content))
    if value is None:
        return None
    if isinstance(value, StubObject) and value.class_name == "data.Corpus":
        dictionary = value.attributes.get("dictionary")
        value = (
            dictionary.attributes.get("idx2word") if isinstance(dictionary, StubObject) else None
        )
    if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
        raise RnnreplError(f"'{path}' does not hold a list of tokens.")
    return value


def read_corpus(folder: Path) -> list[str]:
    """The words of a corpus in order of first occurrence, with `<eos>` after each line.

    word_language_model and awd-lstm-lm number their words like this: train.txt, then valid.txt and
    test.txt. Raises RnnreplError where one of the files is missing.
    """
    if not folder.is_dir():
        raise usage(f"--data must be a folder with {', '.join(SPLITS)}, not '{folder}'.")
    tokens: dict[str, None] = {}
    for name in SPLITS:
        for line in lines(folder / name):
            tokens.update(dict.fromkeys([*line.split(), "<eos>"]))
    return list(tokens)


# --- tokenizers -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TokenizerSpec:
    """A tokenizer plugin by name, and the vocabulary that its `from_dict` reads."""

    name: str
    data: Mapping[str, Any]

    def build(self) -> Tokenizer:
        """The tokenizer; raises RnnreplError where the plugin is not installed."""
        return find(self.name).from_dict(dict(self.data))


def whitespace(tokens: Sequence[str], unk: str | None, eos: str | None) -> TokenizerSpec:
    """Tokens separated by white space; `unk` and `eos` name the unknown and the end token."""
    return TokenizerSpec("whitespace", {"tokens": list(tokens), "unk": unk, "eos": eos})


def lines_with_eos(tokens: Sequence[str]) -> tuple[TokenizerSpec, Start]:
    """The convention of word_language_model: each line ends in `<eos>` and is read after one.

    Raises RnnreplError where the vocabulary has no `<eos>`.
    """
    if "<eos>" not in tokens:
        raise RnnreplError("The vocabulary has no <eos>, which the first word is conditioned on.")
    return whitespace(tokens, "<unk>", "<eos>"), {"token": "<eos>"}


def characters(tokens: Iterable[str]) -> TokenizerSpec:
    """Characters by id; `<unk>`, where there is one, stands for all others."""
    tokens = list(tokens)
    outside = "unk" if "<unk>" in tokens else "error"
    options = {"form": "none", "graphemes": False, "outside": outside, "ending": "none"}
    return TokenizerSpec("char", {"characters": tokens, **options})


def lua_alphabet(tokens: Sequence[object], size: int) -> tuple[TokenizerSpec, Start]:
    """The characters or bytes of a Lua program by id, and the start after a newline.

    torch-rnn writes bytes beyond ASCII as numbers: `[195]`. Raises RnnreplError where the tokens
    are neither all characters nor all bytes, or not `size` of them.
    """
    if len(tokens) != size:
        raise RnnreplError(f"The file has {len(tokens):,} characters, and its network {size:,}.")
    texts = [text for text in map(_character, tokens) if text is not None]
    if len(texts) == size:
        return characters(texts), {"token": "\n"} if "\n" in texts else "zeros"
    values = [byte for byte in map(_byte, tokens) if byte is not None]
    if len(values) == size:
        start: Start = {"token": "\\x0a"} if ord("\n") in values else "zeros"
        return TokenizerSpec("bytes", {"values": values}), start
    raise RnnreplError("The tokens in the file are neither all characters nor all bytes.")


def _character(token: object) -> str | None:
    try:
        text = token.decode() if isinstance(token, bytes) else ""
    except UnicodeDecodeError:
        return None
    return text if len(text) == 1 else None


def _byte(token: object) -> int | None:
    if not isinstance(token, bytes):
        return None
    if len(token) == 1:
        return token[0]
    return int(number[1]) if (number := _NUMBERED_BYTE.fullmatch(token)) else None
