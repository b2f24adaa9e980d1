"""Tokens by a pattern of one's own: chords, k-mers, code; other characters stand for themselves."""

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
    lines,
    most_frequent,
)

UNKNOWN = "\ufffd"
PATIENCE = 10.0  # seconds for a line; a megabyte of ordinary tokens takes a fraction of one
Unit = tuple[str, int, int]  # a token, and where it starts and ends


@dataclass(eq=False)
class Regex(Tokenizer):
    """What a pattern matches is a token, and so is every character that it does not match.

    The pattern is one of Python's `regex` library. It is tried on each line by itself, and on
    either side of a U+FFFD, which is how an unknown token is written.
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
        pattern: Annotated[str, "a regular expression: what it matches is a token"] = r" ?\w+",
        min_count: Annotated[int, "a token seen less often is unknown"] = 1,
        max_vocabulary: Annotated[int, "keep this many tokens, the special ones among them"] = 0,
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
        found = list(self.units(text))
        ids = [self.known.get(unit, 0) for unit, _, _ in found]
        return Encoding(ids, [start for _, start, _ in found], [end for _, _, end in found])

    def grown(self, other: Self) -> Self:
        new = [text for text in other.vocabulary if text not in self.known]
        return replace(self, vocabulary=[*self.vocabulary, *new])

    def decoder(self) -> Decoder:
        return Lookup(self.texts)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)

    @cached_property
    def compiled(self) -> regex.Pattern[str]:
        try:
            return regex.compile(rf"(?:{self.pattern})|(?s:.)")
        except regex.error as error:
            raise RnnreplError(f"The pattern {self.pattern} is none: {error}.") from None

    @cached_property
    def stretches(self) -> regex.Pattern[str]:
        """Matches what the pattern is tried on, and what it is not."""
        alone = UNKNOWN if self.ending == "none" else rf"{UNKNOWN}\n"
        return regex.compile(rf"[{alone}]|[^{alone}]+")

    def units(self, text: str) -> Iterator[Unit]:
        """The tokens of a text, known or not, with their places.

        Raises RnnreplError where the pattern does not come to an end.
        """
        for place, line in lines(text):
            for stretch in self.stretches.finditer(line):
                start = place + stretch.start()
                for match in self._matches(stretch.group()):
                    yield match.group(), start + match.start(), start + match.end()

    def _matches(self, stretch: str) -> list[regex.Match[str]]:
        try:
            found = list(self.compiled.finditer(stretch, timeout=PATIENCE))
        except TimeoutError:
            raise RnnreplError(
                f"The pattern {self.pattern} takes longer than {PATIENCE:g} s for a line: let no "
                "repetition stand within another, or make them possessive, as in a++."
            ) from None
        return [match for match in found if match.group()]
