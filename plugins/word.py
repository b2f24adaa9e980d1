"""Words, numbers and punctuation marks as tokens; blanks are restored in generated text."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, Literal, Self

import numpy as np
import regex

from rnnrepl.tokenizer import Decoder, Encoding, Ids, Tokenizer, checked, most_frequent

Unit = tuple[str, int, int]  # a token, its start and end in the text as typed
Place = tuple[str, int, int]  # a unit; before and after it: 1 no blank, -1 a blank, 0 no more line

# Scripts without blanks between words are tokenized by character.
SOLID = r"[\p{Han}\p{Hiragana}\p{Katakana}ー]"
LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{SOLID}]"
# don't and 1,000.50 are one token each. well-known is three: most compounds would be unknown.
WORD = rf"{LETTER}+(?:(?:['’](?=\p{{L}})|(?<=\p{{N}})[.,](?=\p{{N}})){LETTER}+)*"
# A grapheme cluster may contain a blank after a prepended mark.
MARK = r"\.\.\.|--|\p{GCB=Prepend}|(?!\s)\X"
LINE_OF_MARKS = r"(?m:^)[^\p{L}\p{M}\p{N}\n]+\n\s*"
BREAK = {"none": r"\n|<eos>", "line": r"\n|<eos>", "paragraph": r"\n(?:[^\S\n]*\n)*|<eos>\s*"}

NO_MARK = regex.compile(r"[\p{L}\p{M}\p{N}]|<unk>|<eos>")
NO_BLANK = regex.compile(rf"(?V1){SOLID}")
BREAKS = ("\n", "<eos>")
QUOTE = '"'
CACHED = 1 << 17  # chunks kept in the cache
LONG = 32  # characters; longer chunks rarely repeat and are not cached


@dataclass(eq=False)
class Word(Tokenizer):
    """Words, numbers and punctuation marks: short sequences; rare words are unknown.

    Blanks are in no token. `no_blank_before` and `no_blank_after` are the marks without such a
    blank in most cases of the corpus.
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
        folded = " Text becomes lowercase." if self.fold else ""
        dropped = " Punctuation is dropped." if self.punctuation == "drop" else ""
        self.normalises = f"Blanks are placed as in most of the corpus.{folded}{dropped}"

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        fold: Annotated[bool, "convert to lowercase"] = False,
        punctuation: Annotated[
            Literal["keep", "drop"], "punctuation marks as tokens, or dropped"
        ] = "keep",
        min_count: Annotated[int, "minimum count of a token in the vocabulary"] = 2,
        max_vocabulary: Annotated[
            int, "maximum vocabulary size, including special tokens (0: no limit)"
        ] = 0,
        eos: Annotated[
            Literal["none", "line", "paragraph"], "the end token: none, a newline, an empty line"
        ] = "none",
    ) -> Self:
        empty = cls([], [], [], fold, punctuation, eos)
        census = Census(empty)
        for text in texts:
            census.add(text)
        places = census.places()
        counts: Counter[str] = Counter()
        for (unit, _, _), count in places.items():
            counts[unit] += count
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
        units = list(self.units(text))
        ids = [self.known.get(unit, 0) for unit, _, _ in units]
        return Encoding(ids, [start for _, start, _ in units], [end for _, _, end in units])

    def ids(self, text: str) -> Ids:
        return np.fromiter(self.recent.all(self.chunks(text)), np.int32)

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
        return cls(
            **checked(
                data,
                tokens=[str],
                no_blank_before=[str],
                no_blank_after=[str],
                fold=bool,
                punctuation=("keep", "drop"),
                ending=tuple(BREAK),
            )
        )

    @cached_property
    def breaks(self) -> regex.Pattern[str]:
        """Matches the end of a line, with a line of dropped marks before it."""
        # A line of only dropped marks would leave a blank line.
        whole = self.punctuation == "drop" and self.ending == "paragraph"
        lines = f"{LINE_OF_MARKS}|" if whole else ""
        return regex.compile(lines + BREAK[self.ending], regex.V1)

    @cached_property
    def pattern(self) -> regex.Pattern[str]:
        """Matches one unit; the text between two matches is blank."""
        units = [self.breaks.pattern, "<unk>", SOLID + r"\p{M}*", WORD, MARK]
        return regex.compile("|".join(units), regex.V1)

    def units(self, text: str) -> Iterator[Unit]:
        """Yields the tokens of a text, known or not, with their spans."""
        for match in self.pattern.finditer(text):
            if unit := self.unit(match.group()):
                yield unit, *match.span()

    def unit(self, text: str) -> str:
        """Returns the token of a match; empty if it is dropped."""
        if text[0] == "\n":
            return "<eos>" if self.ending == "line" or len(text) > 1 else "\n"
        if text.startswith("<eos>"):
            return "<eos>"
        if self.punctuation == "drop" and is_mark(text):
            return ""
        return text.lower() if self.fold else text

    def chunks(self, text: str) -> list[str]:
        """Cuts a text at blanks and newlines into chunks that can be tokenized separately."""
        if self.ending == "paragraph":  # a break contains both
            text = self.breaks.sub(lambda match: f" {self.unit(match.group())} ", text)
        else:
            text = text.replace("\n", " \n ")
        return text.split(" ")

    @cached_property
    def recent(self) -> "Recent":
        return Recent(self.read)

    def read(self, chunk: str) -> list[int]:
        return [self.known.get(unit, 0) for unit, _, _ in self.units(chunk)]


class Recent(dict[str, list[int]]):
    """A cache of the tokens of chunks: most chunks of a text repeat."""

    def __init__(self, read: Callable[[str], list[int]]) -> None:
        self._read = read

    def __missing__(self, chunk: str) -> list[int]:
        numbers = self._read(chunk)
        if len(self) == CACHED:
            self.clear()
        if len(chunk) < LONG:
            self[chunk] = numbers
        return numbers

    def all(self, chunks: Iterable[str]) -> Iterator[int]:
        """Yields the numbers of all chunks, concatenated."""
        return chain.from_iterable(map(self.__getitem__, chunks))


class Census:
    """Counts the units of a text, given in pieces of whole lines, by the blanks around them."""

    def __init__(self, word: Word) -> None:
        self._word = word
        self._recent = Recent(self._read)
        self._numbers = {unit: number for number, unit in enumerate(BREAKS)}
        self._seen: Counter[int] = Counter()

    def add(self, text: str) -> None:
        codes = np.fromiter(self._recent.all(self._word.chunks(text)), np.int64)
        numbers, joined = codes >> 1, codes & 1
        broken = numbers < len(BREAKS)
        sides = np.ones(len(codes) + 1, np.int64)  # of each unit, and after the last: place + 1
        sides[1:-1] = np.where(broken[:-1] | broken[1:], 1, 2 * joined[1:])
        self._seen.update((9 * numbers + 3 * sides[:-1] + sides[1:]).tolist())

    def places(self) -> Counter[Place]:
        units, places = list(self._numbers), Counter[Place]()
        for key, count in self._seen.items():
            number, sides = divmod(key, 9)
            places[units[number], sides // 3 - 1, sides % 3 - 1] = count
        return places

    def _read(self, chunk: str) -> list[int]:
        """Returns twice the number of each unit, plus 1 if no blank precedes it."""
        codes, last = [], -1
        for unit, start, end in self._word.units(chunk):
            number = self._numbers.setdefault(unit, len(self._numbers))
            codes.append(2 * number + (start == last))
            last = end
        return codes


class Blanks(Decoder):
    """Decoder that inserts blanks between tokens where the corpus has them."""

    def __init__(self, word: Word) -> None:
        self._word = word
        self._no_blank_before = {*word.no_blank_before}
        self._no_blank_after = {*word.no_blank_after}
        self._solid: list[str] = []  # the last tokens since a blank or newline
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
        return copy(self)  # lists are never modified

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
        """Whether the joined tokens are tokenized as such: a ' between letters is not."""
        joined = self._word.units("".join(self._solid) + unit)
        return [unit for unit, _, _ in joined] == [*self._solid, unit]


def is_mark(unit: str) -> bool:
    return unit not in BREAKS and not NO_MARK.match(unit)


def _sides(mark: str, places: Counter[Place]) -> tuple[bool, bool]:
    """Returns whether a mark mostly has no blank before it, and after it."""
    seen = [(b, a, places[mark, b, a]) for b in (-1, 0, 1) for a in (-1, 0, 1)]
    before = sum(b * count for b, _, count in seen)
    after = sum(a * count for _, a, count in seen)
    both = sum(count if b == a == 1 else -count for b, a, count in seen if b and a)
    if both > 0:
        return True, True
    return before > 0 and before >= after, after > 0 and after > before
