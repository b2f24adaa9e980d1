"""Decomposed Hangul (NFD) read as syllables (NFC), for models that know it in this form only."""

import re
import unicodedata
from typing import Literal

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import report
from rnnrepl.results.session import Notice
from rnnrepl.tokenizer.contract import Encoding, Ids, Tokenizer

# A leading consonant and a vowel, or a syllable, with an optional trailing consonant: what NFC
# composes (the Unicode Standard, section 3.12).
# Compiled on first use: a vocabulary and texts in ASCII need neither.
_SYLLABLE = "(?:[\u1100-\u1112][\u1161-\u1175]|[\uac00-\ud7a3])[\u11a8-\u11c2]?"
_JAMO = "[\u1161-\u1175\u11a8-\u11c2]"

COMPOSED = Notice("Hangul was read, and its characters counted, as NFC.")


class ComposesHangul(Tokenizer):
    """Mixed into the class of a tokenizer: texts are composed first; spans are those as typed.

    A text that this changes is reported as COMPOSED.
    """

    def encode(self, text: str) -> Encoding:
        composed, places = _composed(text)
        ids, starts, ends = super().encode(composed)  # type: ignore[safe-super]  # never the last
        if places is None:
            return Encoding(ids, starts, ends)
        return Encoding(ids, [places[at] for at in starts], [places[at] for at in ends])

    def ids(self, text: str) -> Ids:
        return super().ids(_composed(text)[0])


def composing(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer of a model, which composes Hangul first in two cases.

    The vocabulary has syllables and no jamo, so that others are unknown; or both forms have the
    same tokens, so that only the figures per character would differ.
    """
    vocabulary = "\n".join(tokenizer.tokens)
    if vocabulary.isascii() or re.search(_JAMO, vocabulary):
        return tokenizer
    if not (re.search(_SYLLABLE, vocabulary) or _decomposes(tokenizer)):
        return tokenizer
    plain = type(tokenizer)
    kind: type[Tokenizer] = type(plain.__name__, (ComposesHangul, plain), {})
    composed = kind.from_dict(tokenizer.to_dict())
    composed.normalises = f"{tokenizer.normalises} Hangul is composed (NFC).".lstrip()
    return composed


def _decomposes(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer reads a syllable as its letters, in whatever form it is typed."""
    syllable = "\uac01"
    try:
        ids = tokenizer.ids(syllable).tolist()
        return (
            len(ids) > 1 and ids == tokenizer.ids(unicodedata.normalize("NFD", syllable)).tolist()
        )
    except RnnreplError:  # it refuses what it does not know
        return False


def normalised(tokenizer: Tokenizer, text: str) -> Literal["NFC"] | None:
    """The form in which a tokenizer reads a text; None if that is the form as typed."""
    composed = isinstance(tokenizer, ComposesHangul) and compose(text)[1] is not None
    return "NFC" if composed else None


def as_read(text: str, form: Literal["NFC"] | None) -> str:
    """The text in the form that `normalised` gives, which figures per character divide by."""
    return compose(text)[0] if form else text


def _composed(text: str) -> tuple[str, list[int] | None]:
    composed, places = compose(text)
    if places is not None:
        report(COMPOSED)
    return composed, places


def compose(text: str) -> tuple[str, list[int] | None]:
    """The text with Hangul composed, and where each of its characters begins in the text.

    The last place is the end. It is None for a text that does not change.
    """
    if text.isascii() or not re.search(_JAMO, text):
        return text, None
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for match in re.finditer(_SYLLABLE, text):
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
