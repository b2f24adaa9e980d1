"""Columns of tables: separators, quotes, words joined to texts, errors with their line."""

import re

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files.column import cells, joined

# As in the Natural Stories corpus: a word a row, its position and the number of its story.
WORDS = (
    "word\tzone\titem\nIn\t1\t1\nthe\t2\t1\n'Tis\t3\t1\nA\t1\t2\nlong-winded\t2\t2\ntale.\t3\t2\n"
)


def write(tmp_path, text):
    path = tmp_path / "table.tok"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_a_column_is_read_by_its_name(tmp_path):
    path = write(tmp_path, WORDS)
    assert [*cells(path, "zone")] == ["1", "2", "3", "1", "2", "3"]
    assert [*cells(path, "word")][3:] == ["A", "long-winded", "tale."]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_without_tabs_is_that_of_comma_separated_values(tmp_path, mark):
    path = write(tmp_path, f'{mark}id,sentence\r\n1,"Yes, it ""is""."\r\n\r\n2,"two\r\nlines"\r\n')
    assert [*cells(path, "sentence")] == ['Yes, it "is".', "two\nlines"]


def test_consecutive_rows_with_the_same_cell_are_one_text(tmp_path):
    texts = [*joined(write(tmp_path, WORDS), "word", "item")]
    assert texts == ["In the 'Tis", "A long-winded tale."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("words\titem\nIn\t1\n", "has no column 'word'. It has: 'words', 'item'."),
        ("word\nIn\n", "has no column 'item'. It has: 'word'."),
        ("word\titem\nIn\t1\nthe\n", "line 3, has too few columns"),
        ("word,item\nIn,1\nIn, or out,2\n", "line 3, has more columns than the header"),
        ("word\titem\nIn\tor\t1\n", "quote a cell that contains a tab"),
        ("word\titem\nIn\t1\nof course\t1\n", "line 3: the word 'of course' in the column 'word'"),
        ("word\titem\n\t1\n", "line 2: the word '' in the column 'word'"),
        ('word\titem\n"In\t1\n', "line 2, is not valid: unexpected end of data"),
        ("", "has no column 'word'"),
    ],
)
def test_an_error_names_the_line(tmp_path, text, message):
    with pytest.raises(RnnreplError, match=re.escape(message)):
        list(joined(write(tmp_path, text), "word", "item"))


def test_a_comma_in_a_cell_of_the_only_column_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("word\nThe cat, which slept\n")
    with pytest.raises(RnnreplError, match=r"line 2, has more .* quote a cell .* a comma\."):
        list(cells(path, "word"))
    path.write_text("word\nThe cat,,\n")  # as a spreadsheet may write it
    assert list(cells(path, "word")) == ["The cat"]


def test_a_cell_may_be_long(tmp_path):
    text = "the cat " * 50_000
    assert [*cells(write(tmp_path, f"id,text\n1,{text}\n"), "text")] == [text]
