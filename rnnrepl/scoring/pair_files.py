"""Reads files of minimal pairs: BLiMP's JSON Lines, tab-separated pairs, number agreement sets."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn

from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.files.column import csv_rows
from rnnrepl.scoring.pairs import Pair

_Line = tuple[int, str]  # its number, from 1, and its text

# Files of colorlessgreenRNNs (Gulordava et al., 2018). Columns of a .tab: a row a form, two rows a
# pair. A .gold has a row for each line of the .text beside it; columns: position, forms, group, id.
_GOLD, _TEXT = ".gold", ".text"
_COLUMNS = {4: (0, 1, 2, 3, None), 12: (3, 6, 7, 0, (1, 2))}  # of Linzen et al. (2016), and theirs
_HEADERS = ("good", "bad"), ("sentence_good", "sentence_bad")
_WIDEST = 3  # cells of a line without a header
_NUMBER = re.compile(r"\s*[0-9]+\s*")
_POSITION = re.compile("[0-9]{1,6}")
_AGREEMENT = ("pattern", "constr_id", "sent_id", "form", "class", "prefix")


def read_pairs(path: Path, group: str = "UID", encoding: str = "") -> Iterator[Pair]:
    """Yields the pairs of a file; `end` is the number of bytes read with each.

    The format is detected from the first line: JSON objects with `sentence_good`, `sentence_bad`
    and the group in the field `group`; the header of an agreement set, or a .gold file with its
    sentences in the .text file beside it; a header with the columns `good` and `bad`, or
    `sentence_good` and `sentence_bad`, in any order and case, whose groups are in the column named
    by `group`, or else in "group"; else lines good<TAB>bad[<TAB>group].

    A pair without a group belongs to one named after the file. Pairs without a name of their own
    have their number in the file, from 1, as `id`. Raises RnnreplError for a line that is no pair,
    with its number, and for a file that cannot be read or has none.
    """
    done = number = 0

    def counted() -> Iterator[_Line]:
        nonlocal done, number
        for number, line in enumerate(text_files.lines(path, encoding), 1):
            done += len(line.encode("utf-8", "surrogatepass")) + 1
            if line.strip():
                yield number, line

    reader = _Reader(path, group, encoding)
    count = 0
    for count, pair in enumerate(reader.pairs(counted()), 1):
        place = text_files.place(path, number)
        yield pair._replace(id=pair.id or str(count), end=done, place=place)
    if not count:
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
        elif columns := self._header(cells):
            yield from self._table(columns, max(len(cells), _WIDEST), lines)
        else:
            yield from self._tsv(chain([first], lines))

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
            yield Pair(good, bad, group, str(values.get("pairID", "")))

    def _header(self, cells: Sequence[str]) -> tuple[int, int, int] | None:
        """The columns of good and bad sentence and group, if a line names the first two.

        A group without a name is the third of three columns, or after those of the header.
        """
        names = [cell.strip().lower() for cell in cells]
        for good, bad in _HEADERS:
            if good in names and bad in names:
                groups = (name for name in (self._field.lower(), "group") if name in names)
                third = 2 if names[:2] == [good, bad] and len(names) == _WIDEST else len(names)
                group = next((names.index(name) for name in groups), third)
                return names.index(good), names.index(bad), group
        return None

    def _table(
        self, columns: tuple[int, int, int], width: int, lines: Iterator[_Line]
    ) -> Iterator[Pair]:
        """The pairs of rows of at most `width` cells; the last cells may be left out."""
        good, bad, group = columns
        for number, line in lines:
            cells = line.split("\t")
            if len(cells) > width:
                self._refuse(number, "has more cells than the header")
            cells += [""] * (1 + width - len(cells))
            if not cells[good].strip() or not cells[bad].strip():
                self._refuse(number, "has no text in the column of the good or the bad sentence")
            yield Pair(cells[good], cells[bad], cells[group].strip() or self._stem)

    def _tsv(self, lines: Iterator[_Line]) -> Iterator[Pair]:
        for number, line in lines:
            cells = [*line.split("\t"), ""]
            if len(cells) not in (3, 4) or not all(map(str.strip, cells[:2])):
                self._refuse(number, "is not good<TAB>bad or good<TAB>bad<TAB>group")
            if len(cells) == 4 and _NUMBER.fullmatch(cells[0]) and not _NUMBER.fullmatch(cells[1]):
                self._refuse(
                    number,
                    "has a number for a good sentence: name the columns in a first line, as in "
                    "item<TAB>good<TAB>bad",
                )
            yield Pair(cells[0], cells[1], cells[2].strip() or self._stem)

    def _agreement(self, places: Sequence[int], lines: Iterator[_Line]) -> Iterator[Pair]:
        """Pairs the rows of one sentence: its prefix with the correct and with the wrong form."""
        correct: tuple[str, str, str] | None = None  # pattern, id, text
        for number, line in lines:
            cells = next(csv_rows([line], strict=False, delimiter="\t"))  # texts with quotes
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
            named = "_".join(cells[n] for n in id) if id else ""
            label = cells[group] if id else f"{cells[group]} attractors"
            yield Pair(f"{prefix} {cells[good]}", f"{prefix} {cells[bad]}", label, named)

    def _refuse(self, number: int, reason: str) -> NoReturn:
        raise RnnreplError(f"{text_files.place(self._path, number)}, {reason}.")
