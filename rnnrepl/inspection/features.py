"""Which tokens of a text have a feature: matches of a pattern, labelled spans, or a built-in one.

Shapes: T tokens, C characters of a block.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Protocol, get_args
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from rnnrepl.errors import RnnreplError, not_among, usage
from rnnrepl.results.fields import Feature
from rnnrepl.tokenizer.contract import Encoding

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.intp]
Place = Callable[[int], str]

TIMEOUT = 10.0  # seconds for all matches in one block


class Labeler(Protocol):
    """Labels the tokens of one text, given in consecutive blocks of whole lines."""

    @property
    def target(self) -> str:
        """What the positive tokens have in common, for people."""

    def label(self, text: str, encoding: Encoding) -> Mask:
        """Returns which tokens (T,) of the next block are positive."""


def labeler(
    match: str, labels: Sequence[tuple[int, int]], feature: str, place: Place | None = None
) -> Labeler:
    """The labeler for a pattern, labelled spans or a built-in feature: exactly one is given.

    `place` names label n, from 1, in error messages. Raises RnnreplError otherwise, for an invalid
    pattern, an unknown feature and a label that is no span.
    """
    if [bool(match), bool(labels), bool(feature)].count(True) != 1:
        raise usage("Give one of `match`, `labels` and `feature`.")
    if match:
        return MatchLabeler(match)
    if labels:
        return SpanLabeler(labels, place)
    if feature not in get_args(Feature):
        raise not_among("`feature`", feature, get_args(Feature))
    return FeatureLabeler(feature)


class MatchLabeler:
    """Tokens that share a character with a match of a pattern, or with its first group if any.

    Matches do not cross the border of a block. Raises RnnreplError for an invalid pattern;
    labelling raises it where matching takes longer than TIMEOUT.
    """

    def __init__(self, source: str) -> None:
        import regex  # loaded only where it is needed

        self.target = f"match of {source}"
        try:
            self._pattern = regex.compile(source)
        except (regex.error, OverflowError, RecursionError) as error:
            raise usage(f"`match` '{source}' is not a regular expression: {error}.") from None
        self._group = 1 if self._pattern.groups else 0

    def label(self, text: str, encoding: Encoding) -> Mask:
        try:
            matches = self._pattern.finditer(text, timeout=TIMEOUT)
            spans = [match.span(self._group) for match in matches]
        except TimeoutError:
            raise RnnreplError(
                "Matching takes too long: simplify the pattern of `match`."
            ) from None
        return _overlapping(spans, len(text), encoding)


class SpanLabeler:
    """Tokens that share a character with one of some spans of the whole text, sorted here.

    `place` names span n, from 1, in error messages. Raises RnnreplError for a span that is none.
    """

    target = "labelled"

    def __init__(self, spans: Sequence[tuple[int, int]], place: Place | None = None) -> None:
        self._place = place or "Label {}".format
        for number, (start, end) in enumerate(spans, 1):
            if not 0 <= start <= end:
                raise RnnreplError(
                    f"A label is a span START END of characters, with START <= END, not "
                    f"{start} {end}."
                ).at(self._place(number))
        self._last = max(enumerate(spans, 1), key=lambda numbered: numbered[1][1])
        self._spans = np.array(sorted(spans), np.intp).reshape(-1, 2)
        self._offset = 0

    def label(self, text: str, encoding: Encoding) -> Mask:
        spans = np.clip(self._spans - self._offset, 0, len(text))
        self._offset += len(text)
        return _overlapping(spans[spans[:, 0] < spans[:, 1]].tolist(), len(text), encoding)

    def check_end(self) -> None:
        """Raises RnnreplError if a span ends after the blocks of the text so far."""
        number, (start, end) = self._last
        if end > self._offset:
            raise RnnreplError(
                f"The label {start} {end} ends after the text, which ends at {self._offset}."
            ).at(self._place(number))


class FeatureLabeler:
    """Tokens at whose last character a feature is above its median, or present.

    The median is that of the first half of the first block.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._values = _Values()
        self._threshold: float | None = None

    @property
    def target(self) -> str:
        if self._name in ("quote", "capital", "vowel"):
            return self._name
        return f"{self._name} > {self._threshold or 0:g}"

    def label(self, text: str, encoding: Encoding) -> Mask:
        starts, ends = (np.asarray(edge, np.intp) for edge in encoding[1:])
        if self._name == "length":
            values: Integers = ends - starts
        else:
            function: Callable[[Integers], Integers] = getattr(self._values, self._name)
            at = function(_code_points(text))
            values = np.where(ends > starts, at[ends - 1], 0)
        if self._threshold is None:
            half = values[: (len(values) + 1) // 2]
            self._threshold = float(np.median(half)) if len(half) else 0.0
            if self._name in ("quote", "capital", "vowel"):
                self._threshold = 0.0
        labels: Mask = values > self._threshold
        return labels


class _Values:
    """The built-in features at each character (C,) of consecutive blocks, from its code points."""

    def __init__(self) -> None:
        self._depth = 0

    def line(self, codes: Integers) -> Integers:
        """The number of characters since the beginning of the line."""
        return _since(codes == ord("\n"))

    def word(self, codes: Integers) -> Integers:
        """The number of characters since the last one that is no letter or digit."""
        return _since(~_each(codes, str.isalnum))

    def sentence(self, codes: Integers) -> Integers:
        """The number of characters since the blank after the last . ! or ?"""
        ends = _each(codes, lambda char: char in ".!?。！？")
        blank = _each(codes, str.isspace)
        return _since(blank & np.append(False, ends[:-1]))

    def depth(self, codes: Integers) -> Integers:
        """The number of open brackets: ( [ {"""
        change = _each(codes, lambda char: char in "([{").astype(np.intp)
        change -= _each(codes, lambda char: char in ")]}")
        total = np.cumsum(change) + self._depth
        # A bracket that closes nothing counts as none.
        depth: Integers = total - np.minimum(np.minimum.accumulate(total), 0)
        self._depth = int(depth[-1])
        return depth

    def quote(self, codes: Integers) -> Integers:
        """1 from an opening quotation mark to before the closing one, within a paragraph."""
        ascii_marks = np.cumsum(codes == ord('"'))
        curly = np.cumsum((codes == ord("“")).astype(np.intp) - (codes == ord("”")))
        newline = codes == ord("\n")
        breaks = newline & np.append(False, newline[:-1])
        last = np.maximum.accumulate(np.where(breaks, np.arange(len(codes)), -1))
        since = [c - np.where(last >= 0, c[last], 0) for c in (ascii_marks, curly)]
        inside: Mask = (since[0] % 2 == 1) | (since[1] > 0)
        return inside.astype(np.intp)

    def capital(self, codes: Integers) -> Integers:
        """1 for a capital letter."""
        return _each(codes, str.isupper).astype(np.intp)

    def vowel(self, codes: Integers) -> Integers:
        """1 for a, e, i, o, u, with or without an accent."""
        return _each(codes, _vowel).astype(np.intp)


@cache
def _vowel(char: str) -> bool:
    return normalize("NFD", char)[0].lower() in "aeiou"


def _since(border: Mask) -> Integers:
    """The number of characters since the last border; 0 at a border."""
    places = np.arange(len(border))
    last = np.maximum.accumulate(np.where(border, places, -1))
    since: Integers = places - last
    return since


def _each(codes: Integers, has: Callable[[str], bool]) -> Mask:
    """Whether each character has a property."""
    distinct, places = np.unique(codes, return_inverse=True)
    values: Mask = np.array([has(chr(code)) for code in distinct.tolist()], bool)[places]
    return values


def _code_points(text: str) -> Integers:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return codes.astype(np.intp)


def _overlapping(spans: Sequence[tuple[int, int]], chars: int, encoding: Encoding) -> Mask:
    """Which tokens share a character with a span."""
    change = np.zeros(chars + 1, np.intp)
    for start, end in spans:
        change[start] += 1
        change[end] -= 1
    covered = np.append(0, np.cumsum(np.cumsum(change)[:-1] > 0))
    starts, ends = (np.asarray(edge, np.intp) for edge in encoding[1:])
    labels: Mask = covered[ends] > covered[starts]
    return labels


def read_labels(lines: Iterable[tuple[str, str]]) -> tuple[list[tuple[int, int]], list[str]]:
    """The spans of a label file, START END in characters of the text, and the place of each.

    A line, given with its place, has one span; what follows it is ignored. Raises RnnreplError for
    any other line that is not blank, and for a file without spans.
    """
    spans, places = [], []
    for place, line in lines:
        words = line.split()
        if not words:
            continue
        if len(words) < 2 or not (words[0].isdecimal() and words[1].isdecimal()):
            raise RnnreplError("A label is a span START END of characters.").at(place)
        spans.append((int(words[0]), int(words[1])))
        places.append(place)
    if not spans:
        raise RnnreplError("There are no spans in the file of labels.")
    return spans, places
