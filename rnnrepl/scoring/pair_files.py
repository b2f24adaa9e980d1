"""Reads files of minimal pairs: BLiMP's JSON Lines, tab-separated pairs, number agreement sets."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn

from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.scoring.pairs import Pair

_Line = tuple[int, str]  # its number, from 1, and its text

# Files of colorlessgreenRNNs (Gulordava et al., 2018). Columns of a .tab: a row a form, two rows a
# pair. A .gold has a row for each line of the .text beside it; columns: position, forms, group, id.
_GOLD, _TEXT = ".gold", ".text"
_COLUMNS = {4: (0, 1, 2, 3, None), 12: (3, 6, 7, 0, (1, 2))}  # of Linzen et al. (2016), and theirs
_POSITION = re.compile("[0-9]{1,6}")
_AGREEMENT = ("pattern", "constr_id", "sent_id", "form", "class", "prefix")


def read_pairs(path: Path, group: str = "UID", encoding: str = "") -> Iterator[Pair]:
    """Yields the pairs of a file; `end` is the number of bytes read with each.

    The format is detected from the first line: JSON objects with `sentence_good`, `sentence_bad`
    and the group in the field `group`; the header of an agreement set, or a .gold file with its
    sentences in the .text file beside it; else lines good<TAB>bad[<TAB>group], with or without such
    a header. A pair without a group belongs to one named after the file. Raises RnnreplError for a
    line that is no pair, with its number, and for a file that cannot be read or has none.
    """
    done = number = 0

    def counted() -> Iterator[_Line]:
        nonlocal done, number
        for number, line in enumerate(text_files.lines(path, encoding), 1):
            done += len(line.encode("utf-8", "surrogatepass")) + 1
            if line.strip():
                yield number, line

    reader = _Reader(path, group, encoding)
    empty = True
    for pair in reader.pairs(counted()):
        empty = False
        yield pair._replace(end=done, place=text_files.place(path, number))
    if empty:
        raise RnnreplError(f"{reader.name} has no pairs.")


class _Reader:
    """The pairs of the lines of one file."""

    def __init__(self, path: Path, group: str, encoding: str) -> None:
        self.name = text_files.name(path)
        self._path, self._encoding = path, encoding
        self._field, self._stem = group, "-" if path == text_files.STDIN else path.stem

    def pairs(self, lines: Iterator[_Line]) -> Iterator[Pair]:
        first = next(lines, None)
        if first is None:
            return
        cells = first[1].split("\t")
        if self._path.suffix == _GOLD:
            yield from self._gold(chain([first], lines))
        elif first[1].lstrip().startswith("{"):
            yield from self._json(chain([first], lines))
        elif set(_AGREEMENT) <= set(cells):
            yield from self._agreement([cells.index(name) for name in _AGREEMENT], lines)
        else:
            header = cells[:2] == ["good", "bad"]
            yield from self._tsv(lines if header else chain([first], lines))

    def _json(self, lines: Iterator[_Line]) -> Iterator[Pair]:
        for number, line in lines:
            try:
                values = json.loads(line)
            except (ValueError, RecursionError):
                self._refuse(number, "is not valid JSON")
            if not isinstance(values, dict):
                self._refuse(number, "is not a JSON object")
            good, bad = values.get("sentence_good"), values.get("sentence_bad")
            if not isinstance(good, str) or not isinstance(bad, str):
                self._refuse(number, "lacks the text sentence_good or sentence_bad")
            group = str(values.get(self._field, self._stem))
            yield Pair(good, bad, group, str(values.get("pairID", number)))

    def _tsv(self, lines: Iterator[_Line]) -> Iterator[Pair]:
        for number, line in lines:
            cells = line.split("\t")
            if len(cells) not in (2, 3) or not all(map(str.strip, cells[:2])):
                self._refuse(number, "is not good<TAB>bad or good<TAB>bad<TAB>group")
            group = cells[2].strip() if len(cells) == 3 else ""
            yield Pair(cells[0], cells[1], group or self._stem, str(number))

    def _agreement(self, places: Sequence[int], lines: Iterator[_Line]) -> Iterator[Pair]:
        """Pairs the rows of one sentence: its prefix with the correct and with the wrong form."""
        correct: tuple[str, str, str] | None = None  # pattern, id, text
        for number, line in lines:
            try:
                cells = next(csv.reader([line], delimiter="\t"))  # a text with quotes is quoted
            except csv.Error:
                self._refuse(number, "is not a row of a table")
            if len(cells) <= max(places):
                self._refuse(number, "has too few columns")
            pattern, construction, sentence, form, kind, prefix = (cells[at] for at in places)
            key = pattern, f"{construction}_{sentence}"
            if kind == "correct" and correct is None:
                correct = *key, f"{prefix} {form}"
            elif kind == "wrong" and correct and correct[:2] == key:
                yield Pair(correct[2], f"{prefix} {form}", *key)
                correct = None
            else:
                self._refuse(number, "does not follow the pattern correct, wrong")
        if correct:
            raise RnnreplError(f"{self.name} ends before the wrong form of a pair.")

    def _gold(self, lines: Iterator[_Line]) -> Iterator[Pair]:
        """Pairs the beginning of each sentence with the correct and with the wrong form."""
        texts = text_files.lines(self._path.with_suffix(_TEXT), self._encoding)
        sentences = enumerate(texts, 1)
        for number, line in lines:
            cells, (at, sentence) = line.split("\t"), next(sentences, (0, ""))
            if at != number:
                self._refuse(number, f"has no sentence in {self._path.with_suffix(_TEXT).name}")
            if len(cells) not in _COLUMNS:
                self._refuse(number, "has not the columns of an agreement set")
            place, good, bad, group, id = _COLUMNS[len(cells)]
            if not _POSITION.fullmatch(cells[place]):
                self._refuse(number, f"has no position of a word in column {place + 1}")
            prefix = " ".join(sentence.split(" ")[: int(cells[place])])
            named = "_".join(cells[n] for n in id) if id else str(number)
            label = cells[group] if id else f"{cells[group]} attractors"
            yield Pair(f"{prefix} {cells[good]}", f"{prefix} {cells[bad]}", label, named)

    def _refuse(self, number: int, reason: str) -> NoReturn:
        raise RnnreplError(f"{text_files.place(self._path, number)}, {reason}.")
