"""Characters or grapheme clusters as tokens."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from unicodedata import combining, is_normalized, normalize

import numpy as np

from rnnrepl.tokenizer import (
    Decoder,
    Encoding,
    Ids,
    Lookup,
    RnnreplError,
    Tokenizer,
    checked,
    code_points,
    compile_pattern,
)

if TYPE_CHECKING:  # slow to import and rarely needed
    import regex

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: dict[str, Form] = {"nfc": "NFC", "nfd": "NFD", "nfkc": "NFKC", "nfkd": "NFKD"}
ENDS = {"line": "\n", "paragraph": "\n\n"}
UNKNOWN = "\ufffd"  # Unicode's replacement character
TIMEOUT = 5.0  # seconds to find the characters of an alphabet
SPECIAL = re.compile(r"<\w+>")  # special tokens of imported vocabularies

Unit = tuple[str, int, int]  # a token's text, its start and end in the text as typed


@dataclass(eq=False)
class Char(Tokenizer):
    """Characters: a small vocabulary and long sequences; nothing in the corpus is unknown.

    Blanks are tokens. Later text may have other characters, so by default (`outside=unk`) there is
    an unknown token. It does not occur in training, so its surprisal is high but finite.
    """

    characters: Sequence[str]
    form: str
    graphemes: bool
    outside: str
    ending: str
    lower: bool = False  # of imported vocabularies: text is read in lower case

    def __post_init__(self) -> None:
        special = {"<unk>": UNKNOWN} if self.outside == "unk" else {}
        special |= {"<eos>": ENDS[self.ending]} if self.ending in ENDS else {}
        # Special tokens come first, unless the vocabulary already has them elsewhere.
        self.tokens = [*(s for s in special if s not in self.characters), *self.characters]
        self.unk = self.tokens.index("<unk>") if "<unk>" in special else None
        self.eos = self.tokens.index("<eos>") if "<eos>" in special else None
        self.texts = [special.get(token, token) for token in self.tokens]
        self.known = {text: id for id, text in enumerate(self.texts)}
        form = f"Text is normalised to {FORMS[self.form]}." if self.form in FORMS else ""
        drop = "Characters outside the vocabulary are left out." if self.outside == "drop" else ""
        lower = "Capitals become small letters." if self.lower else ""
        self.normalises = " ".join(part for part in (form, lower, drop) if part)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        normalize: Annotated[
            Literal["none", "nfc", "nfd", "nfkc", "nfkd"], "Unicode normalization form"
        ] = "none",
        graphemes: Annotated[bool, "grapheme clusters instead of code points as tokens"] = False,
        min_count: Annotated[int, "minimum count of a character in the vocabulary"] = 1,
        alphabet: Annotated[str, "the vocabulary as a character class, such as [a-z .,]"] = "",
        outside: Annotated[
            Literal["unk", "drop", "error"], "treatment of characters outside the vocabulary"
        ] = "unk",
        eos: Annotated[
            Literal["none", "line", "paragraph"], "the end token: none, a newline, two newlines"
        ] = "none",
    ) -> Self:
        if alphabet and min_count > 1:
            raise RnnreplError("alphabet is the whole vocabulary: leave out min_count.")
        empty = cls([], normalize, graphemes, outside, eos)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(empty.count(text))
        frequent = {unit for unit, count in counts.items() if count >= min_count}
        inside = (_members(alphabet) if alphabet else frequent) - set(empty.texts)
        if outside == "error" and (strange := counts.keys() - inside - set(empty.texts)):
            raise RnnreplError(
                f"The text has {_some(sorted(map(repr, strange)))} outside the vocabulary: "
                "set outside to unk or drop."
            )
        return replace(empty, characters=sorted(inside))

    def encode(self, text: str) -> Encoding:
        if self.one_by_one and self.outside == "unk" and self.normal(text) == text:
            return Encoding(self.ids(text).tolist(), range(len(text)), range(1, len(text) + 1))
        units = list(self.units(text))
        known = [unit for unit in units if unit[0] in self.known]
        if len(known) < len(units) and self.outside == "drop":
            return self.encode_rest(known)
        if len(known) < len(units) and self.outside == "error":
            strange = [f"{u!r} at {start + 1}" for u, start, _ in units if u not in self.known]
            raise RnnreplError(f"The tokenizer has no token for {_some(strange)}.")
        ids = [self.known.get(unit, self.unk or 0) for unit, _, _ in units]
        return Encoding(ids, [start for _, start, _ in units], [end for _, _, end in units])

    def encode_rest(self, known: list[Unit]) -> Encoding:
        """Encodes the text without dropped units; new neighbours may form one unit."""
        ids, starts, ends = self.encode("".join(unit for unit, _, _ in known))
        origin = [(start, end) for unit, start, end in known for _ in unit]
        return Encoding(ids, [origin[s][0] for s in starts], [origin[e - 1][1] for e in ends])

    def ids(self, text: str) -> Ids:
        if not self.one_by_one:
            return super().ids(text)
        ids = self.table[code_points(self.normal(text))]
        if self.outside == "error" and (ids < 0).any():
            self.encode(text)  # raises an error with the positions
        return ids[ids >= 0] if self.outside == "drop" else ids

    def grown(self, other: Self) -> Self:
        new = [text for text in other.characters if text not in self.known]
        return replace(self, characters=[*self.characters, *new])

    def decoder(self) -> Decoder:
        return Lookup(self.texts)

    def to_dict(self) -> dict[str, Any]:
        data = asdict(self)
        return data if self.lower else {name: data[name] for name in data if name != "lower"}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        char = cls(
            **checked(
                {"lower": False} | data,
                characters=[str],
                form=("none", *FORMS),
                graphemes=bool,
                outside=("unk", "drop", "error"),
                ending=("none", *ENDS),
                lower=bool,
            )
        )
        longer = [] if char.graphemes else [text for text in char.characters if len(text) != 1]
        if strange := [repr(text[:20]) for text in longer if not SPECIAL.fullmatch(text)]:
            raise RnnreplError(f"The vocabulary has {_some(strange)}, not a single character.")
        return char

    @cached_property
    def one_by_one(self) -> bool:
        """Whether the token of a character does not depend on its neighbours."""
        reread = self.outside == "drop" and self.form in FORMS
        return not (self.graphemes or self.ending == "paragraph" or reread)

    @cached_property
    def pattern(self) -> "regex.Pattern[str]":
        """Matches one unit of normalised text."""
        import regex

        unit = rf"{UNKNOWN}|\X" if self.graphemes else "."
        # A cluster may be CR LF; but a newline that is an end token stands alone.
        end = rf"{ENDS[self.ending]}|\r(?=\n)|" if self.ending in ENDS else ""
        return regex.compile(end + unit, regex.DOTALL)

    @cached_property
    def table(self) -> Ids:
        """The id of every code point; -1 where there is none."""
        table = np.full(sys.maxunicode + 1, -1 if self.unk is None else self.unk, dtype=np.int32)
        for text, id in self.known.items():
            if len(text) == 1:  # special tokens of an imported vocabulary are longer
                table[ord(text)] = id
        return table

    def normal(self, text: str) -> str:
        text = _lowered(text) if self.lower else text
        return normalize(FORMS[self.form], text) if self.form in FORMS else text

    def count(self, text: str) -> dict[str, int]:
        """Counts the units of a text."""
        text = self.normal(text)
        if not self.one_by_one:
            return Counter(self.pattern.findall(text))
        counts = np.bincount(code_points(text))
        return {chr(point): int(counts[point]) for point in np.flatnonzero(counts)}

    def units(self, text: str) -> Iterable[Unit]:
        """Yields the units of a text with their spans in the text as typed."""
        text = _lowered(text) if self.lower else text
        starts: Sequence[int] = range(len(text))
        ends: Sequence[int] = range(1, len(text) + 1)
        if self.form in FORMS and not is_normalized(FORMS[self.form], text):
            text, starts, ends = _aligned(FORMS[self.form], text)
        if self.one_by_one:
            return zip(text, starts, ends, strict=True)
        matches = self.pattern.finditer(text)
        return ((m.group(), starts[m.start()], ends[m.end() - 1]) for m in matches)


def _lowered(text: str) -> str:
    """The text in lower case, except for characters that would become longer."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


def _aligned(form: Form, text: str) -> tuple[str, list[int], list[int]]:
    """Returns the normalised text, and for each of its characters the span that it came from."""
    parts, starts, ends, start = [], [], [], 0
    for end in range(1, len(text) + 1):
        if end == len(text) or _separate(form, text[start:end], text[end]):
            parts.append(normalize(form, text[start:end]))
            starts += [start] * len(parts[-1])
            ends += [end] * len(parts[-1])
            start = end
    return "".join(parts), starts, ends


def _separate(form: Form, part: str, after: str) -> bool:
    """Returns whether normalisation does not combine `part` with the character after it."""
    if combining(normalize("NFKD", after)[0]):
        return False  # combining marks belong to their base and are reordered
    return normalize(form, part + after) == normalize(form, part) + normalize(form, after)


def _members(alphabet: str) -> set[str]:
    """Returns all characters of a character class."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    try:
        members = set(compile_pattern(alphabet).findall(everything, timeout=TIMEOUT))
    except (RnnreplError, TimeoutError, MemoryError) as error:
        raise RnnreplError(f"The alphabet {alphabet} is not a character class: {error}.") from None
    if {len(member) for member in members} != {1}:
        raise RnnreplError(f"The alphabet {alphabet} is not a character class, such as [a-z .,].")
    return members


def _some(things: list[str]) -> str:
    more = f" and {len(things) - 5} more" if len(things) > 5 else ""
    return ", ".join(things[:5]) + more
