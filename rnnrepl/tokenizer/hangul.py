"""Decomposed Hangul (NFD) read as syllables (NFC), for models whose vocabulary has only these."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Self

from rnnrepl.tokenizer.contract import Decoder, Encoding, Ids, Tokenizer

# A leading consonant and a vowel, or a syllable, with an optional trailing consonant: what NFC
# composes (the Unicode Standard, section 3.12).
_SYLLABLE = re.compile("(?:[\u1100-\u1112][\u1161-\u1175]|[\uac00-\ud7a3])[\u11a8-\u11c2]?")
_JAMO = re.compile("[\u1161-\u1175\u11a8-\u11c2]")


class ComposedHangul(Tokenizer):
    """A tokenizer that composes Hangul before it reads a text; spans are those of the text."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.tokens, self.unk, self.eos = tokenizer.tokens, tokenizer.unk, tokenizer.eos
        self.texts = tokenizer.texts
        self.level = tokenizer.level  # type: ignore[misc]  # that of the instance
        self.normalises = f"{tokenizer.normalises} Hangul is composed (NFC).".lstrip()

    @classmethod
    def train(cls, texts: Iterable[str]) -> Self:
        raise NotImplementedError  # a model is trained with the tokenizer itself

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        raise NotImplementedError

    def encode(self, text: str) -> Encoding:
        composed, places = compose(text)
        ids, starts, ends = self._tokenizer.encode(composed)
        if places is None:
            return Encoding(ids, starts, ends)
        return Encoding(ids, [places[at] for at in starts], [places[at] for at in ends])

    def ids(self, text: str) -> Ids:
        return self._tokenizer.ids(compose(text)[0])

    def decoder(self) -> Decoder:
        return self._tokenizer.decoder()

    def named(self, text: str) -> Sequence[int]:
        return self._tokenizer.named(text)

    def grown(self, other: Tokenizer) -> Tokenizer:  # type: ignore[override]
        return self._tokenizer.grown(other)

    def to_dict(self) -> dict[str, Any]:
        return self._tokenizer.to_dict()


def composing(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer of a model: it composes Hangul if the vocabulary has syllables and no jamo."""
    vocabulary = "\n".join(tokenizer.tokens)
    if vocabulary.isascii() or _JAMO.search(vocabulary) or not _SYLLABLE.search(vocabulary):
        return tokenizer
    return ComposedHangul(tokenizer)


def is_composed(tokenizer: Tokenizer, text: str) -> bool:
    """Whether a tokenizer reads a text in another form than it was typed in."""
    return isinstance(tokenizer, ComposedHangul) and compose(text)[1] is not None


def compose(text: str) -> tuple[str, list[int] | None]:
    """The text with Hangul composed, and where each of its characters begins in the text.

    The last place is the end. It is None for a text that does not change.
    """
    if text.isascii() or not _JAMO.search(text):
        return text, None
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for match in _SYLLABLE.finditer(text):
        syllable = unicodedata.normalize("NFC", match[0])
        if len(syllable) < len(match[0]):
            parts += text[at : match.start()], syllable
            places += [
                *range(at, match.start()),
                *range(match.start(), match.start() + len(syllable)),
            ]
            at = match.end()
    parts.append(text[at:])
    places += range(at, len(text) + 1)
    return ("".join(parts), places) if len(parts) > 1 else (text, None)
