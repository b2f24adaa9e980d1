"""A vocabulary that lies beside a model: a list of tokens, or the corpus that it was met in."""

import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.text import lines
from rnnrepl.importers import torch_file
from rnnrepl.importers.pickles import Standin, load

_NUMBERED = re.compile(rb"\[(\d{3})\]")
SPLITS = ("train.txt", "valid.txt", "test.txt")


def listed(path: Path) -> list[str]:
    """The tokens of a file: what blanks separate, such as one a line, in the file's order.

    Or those of a pickled list, such as fastai's itos.pkl, or of the corpus that awd-lstm-lm keeps.
    Raises RnnreplError for a file that cannot be read, and a text that has a token twice.
    """
    if (pickled := _pickled(path)) is not None:
        return pickled
    tokens = [token for line in lines(path) for token in line.split()]
    seen: set[str] = set()
    for token in tokens:
        if token in seen:
            raise RnnreplError(f"'{path}' is no vocabulary: it has {token!r} twice.")
        seen.add(token)
    return tokens


def _pickled(path: Path) -> list[str] | None:
    """The tokens of a pickle; None where it is none."""
    if not path.is_file():
        return None
    content = path.read_bytes()
    value = torch_file.read(content)
    if value is None and content.startswith(b"\x80"):
        value = load(BytesIO(content))
    if value is None:
        return None
    if isinstance(value, Standin) and value.kind == "data.Corpus":
        dictionary = value.attributes.get("dictionary")
        value = dictionary.attributes.get("idx2word") if isinstance(dictionary, Standin) else None
    if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
        raise RnnreplError(f"'{path}' holds no list of tokens.")
    return value


def met(folder: Path) -> list[str]:
    """The tokens of a corpus in the order in which they are first met.

    As the dictionaries of word_language_model and awd-lstm-lm grow: train.txt, then valid.txt and
    test.txt, and `<eos>` behind each line. Raises RnnreplError where one of them is missing.
    """
    if not folder.is_dir():
        raise usage(f"'{folder}' is no folder: --data names that of {', '.join(SPLITS)}.")
    tokens: dict[str, None] = {}
    for name in SPLITS:
        for line in lines(folder / name):
            tokens.update(dict.fromkeys([*line.split(), "<eos>"]))
    return list(tokens)


# --- as the tokenizers that ship take it ----------------------------------------------------------


def words(tokens: Sequence[str], unk: str | None, eos: str | None) -> dict[str, Any]:
    """For `whitespace`: the tokens, and which of them is the unknown one and which ends a line."""
    return {"tokens": list(tokens), "unk": unk, "eos": eos}


def ended_lines(tokens: Sequence[str]) -> dict[str, Any]:
    """Tokenizer, vocabulary and start where each line is read after the `<eos>` of the one before.

    Raises RnnreplError where there is none.
    """
    if "<eos>" not in tokens:
        raise RnnreplError("The vocabulary has no <eos>, which the first word is read after.")
    known = words(tokens, "<unk>", "<eos>")
    return {"tokenizer": "whitespace", "vocabulary": known, "start": {"token": "<eos>"}}


def characters(tokens: Iterable[str]) -> dict[str, Any]:
    """For `char`: the tokens, of which `<unk>` is the unknown one; without it nothing may be."""
    tokens = list(tokens)
    outside = "unk" if "<unk>" in tokens else "error"
    given = {"form": "none", "graphemes": False, "outside": outside, "ending": "none"}
    return {"characters": tokens, **given}


def alphabet(tokens: Sequence[object], size: int) -> dict[str, Any]:
    """Tokenizer, vocabulary and start for the characters or bytes of Lua's programs, by id.

    A byte stands for itself or, as torch-rnn writes it, as its number: `[195]`. Raises RnnreplError
    where they are neither, or not as many as the network has.
    """
    if len(tokens) != size:
        raise RnnreplError(f"The file has {len(tokens):,} characters, and its network {size:,}.")
    texts = [text for text in map(_character, tokens) if text is not None]
    if len(texts) == size:
        start = {"token": "\n"} if "\n" in texts else "zeros"
        return {"tokenizer": "char", "vocabulary": characters(texts), "start": start}
    values = [byte for byte in map(_byte, tokens) if byte is not None]
    if len(values) == size:
        start = {"token": "\\x0a"} if ord("\n") in values else "zeros"
        return {"tokenizer": "bytes", "vocabulary": {"values": values}, "start": start}
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
    return int(number[1]) if (number := _NUMBERED.fullmatch(token)) else None
