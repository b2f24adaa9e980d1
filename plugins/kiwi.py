"""Korean morphemes by kiwipiepy, as written; rare morphemes are spelled."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from rnnrepl.tokenizer import Decoder, Encoding, Tokenizer, Utf8, checked, most_frequent

if TYPE_CHECKING:
    from kiwipiepy import Kiwi as Library

LINE = re.compile(r"\n|[^\n]+")
SURROGATE = re.compile("[\ud800-\udfff]")  # not valid in the library's UTF-16
BYTES = [bytes([byte]) for byte in range(256)]
NAMES = [f"<0x{byte:02X}>" for byte in range(256)]

Unit = tuple[str, int, int]  # a token's text, its start and end


class Kiwi(Tokenizer):
    """Korean morphemes as written, each with its blank: nothing is unknown or changed.

    Blanks begin the token after them. Morphemes that share a syllable (갔 is 가 and 았) are one
    token. Morphemes outside the vocabulary are spelled in characters, and characters outside it in
    UTF-8 bytes.
    """

    requires: ClassVar = {"kiwipiepy": "rnnrepl[kiwi]"}

    def __init__(self, vocabulary: Sequence[str], eos: int | None) -> None:
        self.vocabulary, self.eos = vocabulary, eos
        self.tokens = [*NAMES, *vocabulary]
        self.texts = [*(byte.decode(errors="replace") for byte in BYTES), *vocabulary]
        self.known = {text: id for id, text in enumerate(vocabulary, len(NAMES))}

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        min_count: Annotated[int, "minimum count of a morpheme in the vocabulary"] = 2,
        max_vocabulary: Annotated[
            int, "maximum vocabulary size without the 256 bytes (0: no limit)"
        ] = 0,
        eos: Annotated[Literal["none", "line"], "whether each newline is an end token"] = "none",
    ) -> Self:
        counts: Counter[str] = Counter()
        spelled: Counter[str] = Counter()
        for text in texts:
            counts.update(morpheme for morpheme, _, _ in _morphemes(text))
        rare = {morpheme for morpheme, count in counts.items() if count < min_count}
        for morpheme in rare:
            spelled.update(dict.fromkeys(morpheme, counts.pop(morpheme)))
        special = ["\n"] if eos == "line" else []
        vocabulary = most_frequent(counts + spelled, special, min_count, max_vocabulary)
        return cls(vocabulary, len(NAMES) if special else None)

    def encode(self, text: str) -> Encoding:
        tokens = [
            (id, start, end) for unit in _morphemes(text) for id, start, end in self._ids(unit)
        ]
        return Encoding(*([token[n] for token in tokens] for n in range(3)))

    def _ids(self, unit: Unit) -> Iterator[tuple[int, int, int]]:
        """Yields (id, start, end): the morpheme, or blank and morpheme, or characters, or bytes."""
        text, start, end = unit
        if text in self.known:
            yield self.known[text], start, end
        elif text[0] == " " and text[1:] in self.known:
            yield from self._ids((" ", start, start + 1))
            yield self.known[text[1:]], start + 1, end
        elif len(text) > 1:
            for place, character in enumerate(text, start):
                yield from self._ids((character, place, place + 1))
        else:
            yield from ((byte, start, end) for byte in text.encode("utf-8", "surrogatepass"))

    def decoder(self) -> Decoder:
        return Utf8([*BYTES, *(text.encode("utf-8", "surrogatepass") for text in self.vocabulary)])

    def to_dict(self) -> dict[str, Any]:
        return {"vocabulary": self.vocabulary, "eos": self.eos}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**checked(data, vocabulary=[str], eos=int | None))


def _morphemes(text: str) -> Iterator[Unit]:
    """Cuts a text, line by line, at the beginning and end of every morpheme.

    A single blank belongs to the morpheme after it; other blanks are separate.
    """
    for line in LINE.finditer(text):
        start, written = line.start(), line.group()
        for begin, end in pairwise(_cuts(written)):
            yield written[begin:end], start + begin, start + end


def _cuts(line: str) -> list[int]:
    cuts = {0, len(line)}
    for morpheme in _library().tokenize(SURROGATE.sub("\ufffd", line)):
        cuts |= {morpheme.start, min(morpheme.start + morpheme.len, len(line))}
    for blank in re.finditer(r"\s", line):
        cuts |= {blank.start(), blank.end()}
    joined = {m.end() for m in re.finditer(r"(?<!\s) (?=\S)", line)}
    return sorted(cuts - joined)


@cache
def _library() -> "Library":
    """Loads the library with its model, which takes seconds."""
    from kiwipiepy import Kiwi as Library

    return Library(num_workers=1)
