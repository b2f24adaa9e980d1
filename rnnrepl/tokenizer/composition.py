"""Decomposed letters (NFD) read as composed ones (NFC), for models that know only these."""

import re
import unicodedata
from copy import copy
from typing import ClassVar, Literal

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import report
from rnnrepl.results.session import Notice
from rnnrepl.tokenizer.contract import Encoding, Ids, Tokenizer

# What NFC composes (the Unicode Standard, section 3.12). Of Hangul: a leading consonant and a
# vowel, or a syllable, with an optional trailing consonant. Of Latin, Greek and Cyrillic: a letter
# and its combining marks.
# Compiled on first use: a vocabulary and texts in ASCII need none.
_SYLLABLE = "(?:[\u1100-\u1112][\u1161-\u1175]|[\uac00-\ud7a3])[\u11a8-\u11c2]?"
_JAMO = "\u1161-\u1175\u11a8-\u11c2"
_LETTER = "[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff]"
_MARKS = "\u0300-\u036f"
_ALL = _JAMO + _MARKS
_CLUSTERS = {
    _JAMO: _SYLLABLE,
    _MARKS: f"{_LETTER}[{_MARKS}]+",
    _ALL: f"{_SYLLABLE}|{_LETTER}[{_MARKS}]+",
}

COMPOSED = Notice("Decomposed letters were read, and their characters counted, as NFC.")


class Composes(Tokenizer):
    """Mixed into the class of a tokenizer: texts are composed first; spans are those as typed.

    `parts` are the characters that are composed with those before them. A text that this changes is
    reported as COMPOSED.
    """

    parts: ClassVar[str]

    def encode(self, text: str) -> Encoding:
        composed, places = self._composed(text)
        ids, starts, ends = super().encode(composed)  # type: ignore[safe-super]  # never the last
        if places is None:
            return Encoding(ids, starts, ends)
        return Encoding(ids, [places[at] for at in starts], [places[at] for at in ends])

    def ids(self, text: str) -> Ids:
        return super().ids(self._composed(text)[0])

    def _composed(self, text: str) -> tuple[str, list[int] | None]:
        composed, places = compose(text, self.parts)
        if places is not None:
            report(COMPOSED)
        return composed, places


def composing(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer of a model, which composes letters first where it knows only composed ones.

    Hangul is composed if the vocabulary has syllables and no jamo, so that others are unknown, or
    if both forms have the same tokens, so that only the figures per character would differ; Latin,
    Greek and Cyrillic if the vocabulary has letters with marks and no combining marks.
    """
    vocabulary = "\n".join(tokenizer.tokens)
    if vocabulary.isascii():
        return tokenizer
    letters = "".join(letter for letter in {*vocabulary} if not letter.isascii())
    parts = ""
    if not re.search(f"[{_JAMO}]", letters) and (
        re.search(_SYLLABLE, letters) or _decomposes(tokenizer)
    ):
        parts += _JAMO
    if not re.search(f"[{_MARKS}]", letters) and _has_marked_letters(letters):
        parts += _MARKS
    if not parts:
        return tokenizer
    plain = type(tokenizer)
    kind: type[Tokenizer] = type(plain.__name__, (Composes, plain), {"parts": parts})
    composed = copy(tokenizer)
    composed.__class__ = kind  # a large vocabulary takes long to be built again
    composed.normalises = f"{tokenizer.normalises} Letters are composed (NFC).".lstrip()
    return composed


def _decomposes(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer reads a syllable as its letters, in whatever form it is typed."""
    syllable = "\uac01"
    try:
        forms = (tokenizer.ids(unicodedata.normalize(form, syllable)) for form in ("NFC", "NFD"))
        composed, decomposed = (ids.tolist() for ids in forms)
    except RnnreplError:  # it refuses what it does not know
        return False
    return len(composed) > 1 and composed == decomposed


def _has_marked_letters(letters: str) -> bool:
    """Whether NFD splits one of these letters into another and combining marks."""
    known = "".join(re.findall(_LETTER, letters))
    return bool(re.search(f"[{_MARKS}]", unicodedata.normalize("NFD", known)))


def normalised(tokenizer: Tokenizer, text: str) -> Literal["NFC"] | None:
    """The form in which a tokenizer reads a text; None if that is the form as typed."""
    if isinstance(tokenizer, Composes) and compose(text, tokenizer.parts)[1] is not None:
        return "NFC"
    return None


def as_read(text: str, form: Literal["NFC"] | None) -> str:
    """The text in the form that `normalised` gives, which figures per character divide by."""
    return compose(text)[0] if form else text


def compose(text: str, parts: str = _ALL) -> tuple[str, list[int] | None]:
    """The text with letters composed, and where each of its characters begins in the text.

    The last place is the end. It is None for a text that does not change.
    """
    if text.isascii() or not re.search(f"[{parts}]", text):
        return text, None
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for match in re.finditer(_CLUSTERS[parts], text):
        composed = unicodedata.normalize("NFC", match[0])
        if len(composed) < len(match[0]):
            pieces += text[at : match.start()], composed
            # Marks that no letter includes are the last ones.
            rest = range(match.end() - len(composed) + 1, match.end())
            places += [*range(at, match.start()), match.start(), *rest]
            at = match.end()
    pieces.append(text[at:])
    places += range(at, len(text) + 1)
    return ("".join(pieces), places) if len(pieces) > 1 else (text, None)
