"""Tokens by a regular expression: chords, k-mers, code; other characters are single tokens."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import regex

from rnnrepl.tokenizer import (
    Decoder,
    Encoding,
    Lookup,
    RnnreplError,
    Tokenizer,
    checked,
    compile_pattern,
    lines,
    most_frequent,
)

UNKNOWN = "\ufffd"
LONG = 60  # characters of a pattern in a message
TIMEOUT = 3.0  # seconds per line; a megabyte of ordinary tokens takes less than one
Unit = tuple[str, int, int]  # a token, its start and end


@dataclass(eq=False)
class Regex(Tokenizer):
    """Each match of a pattern is a token, and so is every character that it does not match.

    The pattern is one of Python's `regex` library; by default, blanks begin the token after them.
    It is applied to each line separately, and on either side of U+FFFD, which is the text of an
    unknown token.
    """

    unk = 0

    pattern: str
    vocabulary: Sequence[str]
    ending: str

    def __post_init__(self) -> None:
        special = {"<unk>": UNKNOWN} | ({} if self.ending == "none" else {"<eos>": "\n"})
        self.tokens = [*special, *self.vocabulary]
        self.texts = [*special.values(), *self.vocabulary]
        self.known = {text: id for id, text in enumerate(self.texts)}
        self.eos = None if self.ending == "none" else 1

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        pattern: Annotated[str, "regular expression of a token"] = r" ?\w+",
        min_count: Annotated[int, "minimum count of a token in the vocabulary"] = 1,
        max_vocabulary: Annotated[
            int, "maximum vocabulary size, including special tokens (0: no limit)"
        ] = 0,
        eos: Annotated[Literal["none", "line"], "whether each newline is an end token"] = "none",
    ) -> Self:
        empty = cls(pattern, [], eos)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(unit for unit, _, _ in empty.units(text))
        special = empty.texts
        return replace(
            empty,
            vocabulary=most_frequent(counts, special, min_count, max_vocabulary)[len(special) :],
        )

    def encode(self, text: str) -> Encoding:
        units = list(self.units(text))
        ids = [self.known.get(unit, 0) for unit, _, _ in units]
        return Encoding(ids, [start for _, start, _ in units], [end for _, _, end in units])

    def grown(self, other: Self) -> Self:
        new = [text for text in other.vocabulary if text not in self.known]
        return replace(self, vocabulary=[*self.vocabulary, *new])

    def decoder(self) -> Decoder:
        return Lookup(self.texts)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        tokenizer = cls(**checked(data, pattern=str, vocabulary=[str], ending=("none", "line")))
        _ = tokenizer.compiled
        return tokenizer

    @cached_property
    def compiled(self) -> regex.Pattern[str]:
        try:
            return compile_pattern(self.pattern, "(?:{})|(?s:.)")
        except RnnreplError as error:
            raise RnnreplError(
                f"The pattern {self.shown} is not a regular expression: {error}."
            ) from None

    @property
    def shown(self) -> str:
        return self.pattern if len(self.pattern) <= LONG else self.pattern[:LONG] + "..."

    @cached_property
    def stretches(self) -> regex.Pattern[str]:
        """Matches the parts that the pattern is applied to, and the separators."""
        alone = UNKNOWN if self.ending == "none" else rf"{UNKNOWN}\n"
        return regex.compile(rf"[{alone}]|[^{alone}]+")

    def units(self, text: str) -> Iterator[Unit]:
        """Yields the tokens of a text, known or not, with their spans.

        Raises RnnreplError if the pattern takes too long.
        """
        for place, line in lines(text):
            for stretch in self.stretches.finditer(line):
                start = place + stretch.start()
                for match in self._matches(stretch.group()):
                    yield match.group(), start + match.start(), start + match.end()

    def _matches(self, stretch: str) -> list[regex.Match[str]]:
        try:
            matches = list(self.compiled.finditer(stretch, timeout=TIMEOUT))
        except TimeoutError:
            raise RnnreplError(
                f"The pattern {self.shown} takes longer than {TIMEOUT:g} s for a line: avoid "
                "nested repetitions, or make them possessive, as in a++."
            ) from None
        except MemoryError:
            raise RnnreplError(f"The pattern {self.shown} takes too much memory.") from None
        return [match for match in matches if match.group()]
