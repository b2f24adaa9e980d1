"""Words, numbers and punctuation marks as tokens; generated text gets its blanks back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import regex

from rnnrepl.tokenizer import Decoder, Encoding, Tokenizer, most_frequent

Unit = tuple[str, int, int]  # a token, and where in the typed text it starts and ends
Place = tuple[str, int, int]  # a mark; before and after it: 1 no blank, -1 a blank, 0 no more line

# Scripts that are written without blanks go by character.
SOLID = r"[\p{Han}\p{Hiragana}\p{Katakana}ー]"
LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{SOLID}]"
# don't and 1,000.50 are one token; of well-known, the hyphen is one of its own, since a vocabulary
# of compounds leaves most of them unknown.
WORD = rf"{LETTER}+(?:(?:['’](?=\p{{L}})|(?<=\p{{N}})[.,](?=\p{{N}})){LETTER}+)*"
MARK = r"\.\.\.|--|(?!\s)\X"
LINE_OF_MARKS = r"(?<![^\n])[^\p{L}\p{M}\p{N}\n]+\n\s*"
BREAK = {"none": r"\n|<eos>", "line": r"\n|<eos>", "paragraph": r"\n(?:[^\S\n]*\n)*|<eos>\s*"}

NO_MARK = regex.compile(r"[\p{L}\p{M}\p{N}]|<unk>|<eos>")
NO_BLANK = regex.compile(rf"(?V1){SOLID}")
BREAKS = ("\n", "<eos>")
QUOTE = '"'


@dataclass(eq=False)
class Word(Tokenizer):
    """Words, numbers and punctuation marks: short sequences, and what is rare is unknown.

    `no_blank_before` and `no_blank_after` are the marks that mostly stood so in the corpus.
    """

    level = "word"
    unk = 0

    tokens: Sequence[str]
    no_blank_before: Sequence[str]
    no_blank_after: Sequence[str]
    fold: bool
    punctuation: str
    ending: str

    def __post_init__(self) -> None:
        self.eos = None if self.ending == "none" else 1
        self.known = {token: id for id, token in enumerate(self.tokens)}
        folded = " Capitals become small letters." if self.fold else ""
        dropped = " Punctuation is left out." if self.punctuation == "drop" else ""
        self.normalises = f"Blanks stand where they mostly stood in the corpus.{folded}{dropped}"

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        fold: Annotated[bool, "read capitals as small letters"] = False,
        punctuation: Annotated[Literal["keep", "drop"], "marks as tokens, or left out"] = "keep",
        min_count: Annotated[int, "a token seen less often is unknown"] = 2,
        max_vocabulary: Annotated[int, "keep this many tokens, the special ones among them"] = 0,
        eos: Annotated[
            Literal["none", "line", "paragraph"], "the end token: none, a newline, an empty line"
        ] = "none",
    ) -> Self:
        empty = cls([], [], [], fold, punctuation, eos)
        counts: Counter[str] = Counter()
        places: Counter[Place] = Counter()
        for text in texts:
            units = list(empty.units(text))
            counts.update(unit for unit, _, _ in units)
            places.update(_places(units))
        special = ["<unk>"] if eos == "none" else ["<unk>", "<eos>"]
        tokens = most_frequent(counts, special, min_count, max_vocabulary)
        sides = {mark: _sides(mark, places) for mark in tokens if is_mark(mark) and mark != QUOTE}
        return replace(
            empty,
            tokens=tokens,
            no_blank_before=[mark for mark, (before, _) in sides.items() if before],
            no_blank_after=[mark for mark, (_, after) in sides.items() if after],
        )

    def encode(self, text: str) -> Encoding:
        found = list(self.units(text))
        ids = [self.known.get(unit, 0) for unit, _, _ in found]
        return Encoding(ids, [start for _, start, _ in found], [end for _, _, end in found])

    def grown(self, other: Self) -> Self:
        return replace(
            self,
            tokens=[*self.tokens, *(token for token in other.tokens if token not in self.known)],
            no_blank_before=[*dict.fromkeys([*self.no_blank_before, *other.no_blank_before])],
            no_blank_after=[*dict.fromkeys([*self.no_blank_after, *other.no_blank_after])],
        )

    def decoder(self) -> Decoder:
        return Blanks(self)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)

    @cached_property
    def pattern(self) -> regex.Pattern[str]:
        """Matches one unit; what lies between two matches is blank."""
        units = ["<unk>", BREAK[self.ending], SOLID + r"\p{M}*", WORD, MARK]
        if self.punctuation == "drop" and self.ending == "paragraph":
            units.insert(0, LINE_OF_MARKS)  # is left out whole, or it would leave a blank line
        return regex.compile("|".join(units), regex.V1)

    def units(self, text: str) -> Iterator[Unit]:
        """The tokens of a text, known or not, with their places."""
        for match in self.pattern.finditer(text):
            unit = match.group()
            if unit[0] == "\n":
                unit = "<eos>" if self.ending == "line" or len(unit) > 1 else "\n"
            elif unit.startswith("<eos>"):
                unit = "<eos>"
            elif self.fold:
                unit = unit.lower()
            if self.punctuation == "keep" or not is_mark(unit):
                yield unit, *match.span()


class Blanks(Decoder):
    """Sets a blank before a token where one belongs, so that none is ever too many."""

    def __init__(self, word: Word) -> None:
        self._word = word
        self._no_blank_before = {*word.no_blank_before}
        self._no_blank_after = {*word.no_blank_after}
        self._solid: list[str] = []  # the last tokens, since the last blank or newline
        self._quoted = False

    def feed(self, id: int) -> str:
        unit = self._word.tokens[id]
        if id == self._word.eos or unit == "\n":
            return self._break(unit)
        solid = not self._solid or (self._joins(self._solid[-1], unit) and self._reads_back(unit))
        self._solid = [*self._solid[-1:], unit] if solid else [unit]
        self._quoted ^= unit == QUOTE
        return unit if solid else " " + unit

    def copy(self) -> Self:
        return copy(self)  # no list is ever changed

    def _break(self, unit: str) -> str:
        begun, self._solid = self._solid, []
        if unit == "\n" or self._word.ending == "line":
            self._quoted = self._quoted and unit == "\n" and bool(begun)
            return "\n"
        self._quoted = False
        return "\n\n" if begun else "<eos>"  # after a newline, more newlines would be one break

    def _joins(self, left: str, right: str) -> bool:
        if QUOTE in (left, right) and self._quoted:
            return True  # the first word in quotation marks, or the closing mark
        if left in self._no_blank_after or right in self._no_blank_before:
            return True
        return bool(NO_BLANK.match(left) or NO_BLANK.match(right))

    def _reads_back(self, unit: str) -> bool:
        """Whether the tokens, joined, would be read as these tokens: ' between letters is not."""
        joined = self._word.units("".join(self._solid) + unit)
        return [unit for unit, _, _ in joined] == [*self._solid, unit]


def is_mark(unit: str) -> bool:
    return unit not in BREAKS and not NO_MARK.match(unit)


def _places(units: list[Unit]) -> Iterator[Place]:
    """How each mark stands in a text."""
    before = 0
    for (unit, _, end), (following, start, _) in pairwise([*units, ("\n", -1, -1)]):
        one_line = unit not in BREAKS and following not in BREAKS
        after = (1 if start == end else -1) if one_line else 0
        if is_mark(unit):
            yield unit, before, after
        before = after


def _sides(mark: str, places: Counter[Place]) -> tuple[bool, bool]:
    """Whether a mark mostly stood without a blank before it, and after it."""
    seen = [(b, a, places[mark, b, a]) for b in (-1, 0, 1) for a in (-1, 0, 1)]
    before = sum(b * count for b, _, count in seen)
    after = sum(a * count for _, a, count in seen)
    both = sum(count if b == a == 1 else -count for b, a, count in seen if b and a)
    if both > 0:
        return True, True
    return before > 0 and before >= after, after > 0 and after > before
