"""Reading one column of a table: tab- or comma-separated values with a header."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import text as text_files

if TYPE_CHECKING:
    from _csv import Reader

MAX_CELL = 2**31 - 1  # characters: the largest limit that Windows takes


def csv_rows(lines: Iterable[str], *, strict: bool = True, **dialect: Any) -> "Reader":
    """Returns a reader of CSV whose cells may have any length.

    If `strict` it raises csv.Error for a quotation mark that is not closed.
    """
    csv.field_size_limit(MAX_CELL)  # of the module, 131,072 by default
    return csv.reader(lines, strict=strict, **dialect)


def texts(files: text_files.TextFiles, column: str, join: str = "") -> Iterator[str]:
    """Yields the texts in a column of all files: a cell each, or with `join` as `joined` does."""
    for path in files.paths:
        if join:
            yield from joined(path, column, join, files.encoding)
        else:
            yield from cells(path, column, files.encoding)


def cells(path: Path, name: str, encoding: str = "") -> Iterator[str]:
    """Yields the cell of each row in the column with a name.

    Columns are separated by tabs if the header has one, else by commas; cells may be quoted. Raises
    RnnreplError for a file that cannot be read, a column that the header lacks, and a row that is
    too short, longer than the header or no valid CSV, with its line.
    """
    return (row[0] for row, _ in _rows(path, (name,), encoding))


def joined(path: Path, name: str, by: str, encoding: str = "") -> Iterator[str]:
    """Yields texts made of words in a column, a word a row, with a space between them.

    Consecutive rows with the same cell in the column `by` are one text. Raises RnnreplError as
    `cells` does, and for a word that is empty or has a space: it would be none, or several.
    """
    for _, rows in groupby(_rows(path, (name, by), encoding), lambda row: row[0][1]):
        words = list[str]()
        for (word, _), line in rows:
            if word.split() != [word]:
                raise RnnreplError(
                    f"{text_files.name(path)}, line {line}: the word '{word}' in the column "
                    f"'{name}' is empty or has a space; --join needs one word a row."
                )
            words.append(word)
        yield " ".join(words)


def _rows(path: Path, names: tuple[str, ...], encoding: str) -> Iterator[tuple[list[str], int]]:
    """Yields the cells of each row in some columns, and the line that the row ends in."""
    file = text_files.name(path)
    lines = (f"{line}\n" for line in text_files.lines(path, encoding))
    header = next(lines, "")
    reader = csv_rows(chain([header], lines), delimiter="\t" if "\t" in header else ",")
    try:
        titles = next(reader, [])
        for name in names:
            if name not in titles:
                listed = ", ".join(f"'{title}'" for title in titles)
                raise usage(f"{file} has no column '{name}'. It has: {listed}.")
        places = [titles.index(name) for name in names]
        for row in reader:
            if row and len(row) <= max(places):
                raise RnnreplError(f"{file}, line {reader.line_num}, has too few columns.")
            if any(row[len(titles) :]):
                separator = "tab" if reader.dialect.delimiter == "\t" else "comma"
                raise RnnreplError(
                    f"{file}, line {reader.line_num}, has more columns than the header: quote a "
                    f"cell that contains a {separator}."
                )
            if row:
                yield [row[place] for place in places], reader.line_num
    except csv.Error as error:
        raise RnnreplError(f"{file}, line {reader.line_num}, is not valid: {error}.") from error
