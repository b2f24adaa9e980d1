"""The tokenizers of imported models, and where their texts start."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rnnrepl.checkpoint import Start
from rnnrepl.errors import RnnreplError
from rnnrepl.importers.vocabulary_search import Vocabulary
from rnnrepl.tokenizer import Tokenizer, find

_NUMBERED_BYTE = re.compile(rb"\[(\d{3})\]")
_SPECIAL = re.compile(r"<\w+>")  # how the tokenizer `char` writes tokens that are no character

# Names of special tokens in lower case.
_UNKNOWN: Final = ("<unk>", "<oov>", "<unknown>", "[unk]", "unk", "xxunk", "_unk_", "oov")
_END: Final = ("<eos>", "</s>", "[eos]", "<end>", "<endofline>", "<|endoftext|>")
_BEGIN: Final = ("<bos>", "<sos>", "<s>", "<start>", "<go>", "<begin>", "[bos]", "bos", "sos")
_PAD: Final = ("<pad>", "[pad]", "xxpad")
_ONE_IN = 5  # at most this part of a vocabulary of characters are longer tokens


@dataclass(frozen=True, slots=True)
class TokenizerSpec:
    """A tokenizer plugin by name, and the vocabulary that its `from_dict` reads."""

    name: str
    data: Mapping[str, Any]

    def build(self) -> Tokenizer:
        """The tokenizer; raises RnnreplError where the plugin is not installed."""
        return find(self.name).from_dict(dict(self.data))


def whitespace(
    tokens: Sequence[str],
    unk: str | None,
    eos: str | None,
    *,
    lower: bool = False,
    filters: str = "",
) -> TokenizerSpec:
    """Tokens separated by white space; `unk` and `eos` name the unknown and the end token.

    `lower` and `filters` are those of `Vocabulary`.
    """
    data: dict[str, Any] = {"tokens": list(tokens), "unk": unk, "eos": eos}
    prepared = {"lower": lower, "filters": filters}
    return TokenizerSpec("whitespace", data | {name: v for name, v in prepared.items() if v})


def lines_with_eos(tokens: Sequence[str]) -> tuple[TokenizerSpec, Start]:
    """The convention of word_language_model: each line ends in `<eos>` and is read after one.

    Raises RnnreplError where the vocabulary has no `<eos>`.
    """
    if "<eos>" not in tokens:
        raise RnnreplError("The vocabulary has no <eos>, which the first word is conditioned on.")
    return whitespace(tokens, "<unk>", "<eos>"), {"token": "<eos>"}


def characters(tokens: Iterable[str], *, lower: bool = False) -> TokenizerSpec:
    """Characters by id; `<unk>`, where there is one, stands for all others."""
    tokens = list(tokens)
    outside = "unk" if "<unk>" in tokens else "error"
    data = {"characters": tokens, "form": "none", "graphemes": False, "outside": outside}
    return TokenizerSpec("char", data | {"ending": "none"} | ({"lower": True} if lower else {}))


def of_vocabulary(vocabulary: Vocabulary) -> tuple[TokenizerSpec, Start]:
    """The tokenizer of any program's vocabulary, and where its texts start.

    A vocabulary whose tokens are characters, but for a few special ones, is read by character, one
    of a tokenizer.json by the library of Hugging Face, any other by white space. A text starts
    after the token that begins texts, if there is one; else after the end token or a newline; else
    with its first token, which then has no surprisal.
    """
    tokens = list(vocabulary.tokens)
    if vocabulary.by_byte:
        return TokenizerSpec("bytes", {"values": list(map(ord, tokens))}), {"token": "\\x0a"}
    if is_of_characters(vocabulary):
        tokens = [_special_character(token) for token in tokens]
        start = _named(_BEGIN, tokens) or ("\n" if "\n" in tokens else None)
        return characters(tokens, lower=vocabulary.lower), {"token": start} if start else "none"
    if vocabulary.library:
        start = _named(_BEGIN, tokens) or _named(_END, tokens)
        spec = TokenizerSpec("bpe", vocabulary.library)
        return spec, {"token": start} if start else "none"
    end = None if "\n" in tokens else _named(_END, tokens)
    start = _named(_BEGIN, tokens) or end or ("\n" if "\n" in tokens else None)
    spec = whitespace(
        tokens,
        _named(_UNKNOWN, tokens),
        end,
        lower=vocabulary.lower,
        filters=vocabulary.filters,
    )
    return spec, {"token": start} if start else "none"


def is_of_characters(vocabulary: Vocabulary) -> bool:
    """Whether the tokens are characters, but for a few special ones."""
    if vocabulary.by_character is not None:
        return vocabulary.by_character
    longer = sum(len(token) != 1 for token in vocabulary.tokens)
    special = sum(bool(_SPECIAL.fullmatch(token)) for token in vocabulary.tokens)
    return (longer - special) * _ONE_IN <= len(vocabulary.tokens) - special and special < len(
        vocabulary.tokens
    )


def has_special(vocabulary: Vocabulary) -> bool:
    """Whether one of the tokens is a special one, such as `<unk>`."""
    return _named((*_UNKNOWN, *_END, *_BEGIN, *_PAD), vocabulary.tokens) is not None


def end_token(tokens: Sequence[str]) -> str | None:
    """The token that ends texts; None where the vocabulary has none."""
    return _named(_END, tokens)


def _named(names: Sequence[str], tokens: Sequence[str]) -> str | None:
    by_name = {token.lower(): token for token in tokens}
    return next((by_name[name] for name in names if name in by_name), None)


def _special_character(token: str) -> str:
    """A token of a vocabulary of characters as `char` writes it: `<unk>` for `[UNK]`."""
    if len(token) == 1:
        return token
    if token.lower() in _UNKNOWN:
        return "<unk>"
    if _SPECIAL.fullmatch(token):
        return token
    name = re.sub(r"\W+", "_", token).strip("_")
    return f"<{name or 'empty'}>"


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
