"""Hangul letters (jamo) as tokens: syllables are decomposed, and composed again on output."""

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from rnnrepl.tokenizer import Decoder, Encoding, Ids, RnnreplError, Tokenizer, checked, code_points

# The Unicode Standard, section 3.12: a syllable is a leading consonant, a vowel and an optional
# trailing consonant; their numbers are the digits of its code point.
SYLLABLE, LEADING, VOWEL, TRAILING = 0xAC00, 0x1100, 0x1161, 0x11A7
LEADINGS, VOWELS, TRAILINGS = 19, 21, 28  # trailing 0 means none
SYLLABLES = LEADINGS * VOWELS * TRAILINGS
UNKNOWN = "\ufffd"

Points = npt.NDArray[np.uint32]


@dataclass(eq=False)
class Jamo(Tokenizer):
    """Jamo, the letters of Hangul, and other characters: about 70 tokens for all of Korean.

    Blanks are tokens. All jamo of a syllable share its span. Old jamo and compatibility jamo
    (ㅋㅋㅋ) are treated as other characters. Tables name a jamo by the letter on the keyboard: ㅇ
    and ㅏ in a syllable, -ㅇ at its end, [ㅇ] alone.
    """

    normalises = "Jamo that form a syllable are composed."
    unk = 0

    characters: Sequence[str]
    ending: str

    def __post_init__(self) -> None:
        special = ["<unk>"] if self.ending == "none" else ["<unk>", "<eos>"]
        self.tokens = [*special, *map(_name, self.characters)]
        self.texts = [*[UNKNOWN, "\n"][: len(special)], *self.characters]
        self.eos = None if self.ending == "none" else 1

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        min_count: Annotated[int, "minimum count of a character or jamo in the vocabulary"] = 1,
        eos: Annotated[Literal["none", "line"], "whether each newline is an end token"] = "none",
    ) -> Self:
        counts = np.zeros(sys.maxunicode + 1, np.int64)
        for text in texts:
            counts += np.bincount(_decomposed(code_points(text))[0], minlength=len(counts))
        inside = {chr(point) for point in np.flatnonzero(counts >= max(min_count, 1))}
        return cls(sorted(inside - {UNKNOWN} - ({"\n"} if eos == "line" else set())), eos)

    def encode(self, text: str) -> Encoding:
        jamo, sizes = _decomposed(code_points(text))
        starts = np.repeat(np.arange(len(text)), sizes)
        return Encoding(self.table[jamo].tolist(), starts.tolist(), (starts + 1).tolist())

    def ids(self, text: str) -> Ids:
        return self.table[_decomposed(code_points(text))[0]]

    def named(self, text: str) -> Sequence[int]:
        """Returns the jamo of this name, then the others of this letter."""
        names = (text, f"-{text}", f"[{text}]")
        return [self.tokens.index(name) for name in names if name in self.tokens]

    def grown(self, other: Self) -> Self:
        new = [text for text in other.characters if text not in self.characters]
        return replace(self, characters=[*self.characters, *new])

    def decoder(self) -> Decoder:
        return Composing(self.texts)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        checked(data, characters=[str], ending=("none", "line"))
        if strange := [text for text in data["characters"] if len(text) != 1]:
            raise RnnreplError(f"The vocabulary has {strange[0][:20]!r}, not a single character.")
        return cls(**data)

    @cached_property
    def table(self) -> Ids:
        """The id of every code point."""
        table = np.zeros(sys.maxunicode + 1, np.int32)
        for id, text in enumerate(self.texts):
            table[ord(text)] = id
        return table


class Composing(Decoder):
    """Holds a syllable back until nothing can be added to it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._held = ""

    def feed(self, id: int) -> str:
        text = self._texts[id]
        if whole := _composed(self._held, text):
            before, self._held = "", whole
        else:
            before, self._held = self._held, text
        return before if _takes_more(self._held) else before + self.flush()

    def pending(self) -> Iterable[str]:
        """Returns the held text as it is, and each syllable that it may become."""
        if not self._held:
            return [""]
        first, count = ord(self._held), TRAILINGS
        if first < SYLLABLE:  # a leading consonant
            first, count = SYLLABLE + (first - LEADING) * VOWELS * TRAILINGS, VOWELS * TRAILINGS
        return [self._held, *map(chr, range(first, first + count))]

    def flush(self) -> str:
        text, self._held = self._held, ""
        return text


def _name(character: str) -> str:
    """A jamo by its compatibility letter, which a keyboard types and a terminal can draw alone."""
    kind, _, letter = unicodedata.name(character, "").partition("SEONG ")
    if kind in ("HANGUL CHO", "HANGUL JUNG", "HANGUL JONG"):
        try:
            shown = unicodedata.lookup(f"HANGUL LETTER {letter}")
        except KeyError:  # an old jamo without such a letter
            return character
        return f"-{shown}" if kind == "HANGUL JONG" else shown
    is_letter = unicodedata.name(character, "").startswith("HANGUL LETTER ")
    return f"[{character}]" if is_letter else character


def _decomposed(points: Points) -> tuple[Points, npt.NDArray[np.int64]]:
    """Returns the code points with syllables decomposed, and the number per input code point."""
    number = points - np.uint32(SYLLABLE)  # smaller code points wrap around
    syllable = number < SYLLABLES
    trailing = np.where(syllable, number % TRAILINGS, 0)
    parts = np.stack(
        [
            np.where(syllable, LEADING + number // (VOWELS * TRAILINGS), points),
            VOWEL + number // TRAILINGS % VOWELS,
            TRAILING + trailing,
        ],
        axis=1,
    )
    present = np.stack([np.ones_like(syllable), syllable, trailing > 0], axis=1)
    return parts[present].astype(np.uint32), present.sum(axis=1)


def _composed(held: str, text: str) -> str:
    """Composes a leading consonant and a vowel, or a syllable and a consonant; else ""."""
    if not held:
        return ""
    last, point = ord(held), ord(text)
    if 0 <= last - LEADING < LEADINGS and 0 <= point - VOWEL < VOWELS:
        return chr(SYLLABLE + ((last - LEADING) * VOWELS + point - VOWEL) * TRAILINGS)
    if _is_open(last) and 0 < point - TRAILING < TRAILINGS:
        return chr(last + point - TRAILING)
    return ""


def _takes_more(held: str) -> bool:
    return 0 <= ord(held) - LEADING < LEADINGS or _is_open(ord(held))


def _is_open(point: int) -> bool:
    """Returns whether a code point is a syllable without a trailing consonant."""
    return 0 <= point - SYLLABLE < SYLLABLES and (point - SYLLABLE) % TRAILINGS == 0
