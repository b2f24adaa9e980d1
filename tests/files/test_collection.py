"""Folders and patterns: which files they name, in which order, and how the files are joined."""

import gzip
import io
import sys
from pathlib import Path

import pytest

from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.files import collection
from rnnrepl.files import text as text_files


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "books"
    for name, text in {
        "b.txt": "two\n",
        "a.txt": "one",
        "C.TXT": "zero\n",
        "d.txt.gz": "three\n",
        "notes.md": "no\n",
        ".hidden.txt": "no\n",
        "sub/e.txt": "four\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    (root / "f.txt").mkdir()
    return root


def names(files):
    return [path.name for path in files.paths]


def refusal(path):
    with pytest.raises(RnnreplError) as caught:
        text_files.collect(path)
    return str(caught.value), caught.value.exit_code


def test_a_folder_means_its_txt_files_in_sorted_order(folder):
    files = text_files.collect(folder)
    assert names(files) == ["C.TXT", "a.txt", "b.txt", "d.txt.gz"]
    (notice,) = files.notices
    assert notice.text == f"The folder '{folder}' has 4 texts, from C.TXT to d.txt.gz."


def test_a_pattern_means_the_files_that_match(folder):
    assert names(text_files.collect(folder / "*.txt")) == ["a.txt", "b.txt"]
    assert names(text_files.collect(folder / "[ab].t?t")) == ["a.txt", "b.txt"]
    assert names(text_files.collect(folder / "**" / "*.txt")) == ["a.txt", "b.txt", "e.txt"]
    (notice,) = text_files.collect(folder / "*.md").notices
    assert notice.text == f"'{folder / '*.md'}' matches 1 text: notes.md."


def test_patterns_are_relative_to_the_working_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert text_files.collect("*.txt").paths == (Path("a.txt"), Path("b.txt"))
    assert text_files.collect("../books/b*").paths == (Path("../books/b.txt"),)


def test_a_file_whose_name_has_wildcards_is_that_file(tmp_path):
    path = tmp_path / "text[1].txt"
    path.write_text("one\n")
    assert text_files.collect(path) == text_files.TextFiles((path,))


def test_several_files_keep_their_order_and_say_nothing(folder):
    files = text_files.collect([folder / "b.txt", folder / "a.txt"])
    assert names(files) == ["b.txt", "a.txt"] and not files.notices


def test_files_are_one_text_with_a_line_break_where_one_is_missing(folder):
    files = text_files.collect([folder / "a.txt", folder / "b.txt", folder / "a.txt"])
    assert "".join(files) == "one\ntwo\none"
    assert "".join(files) == "one\ntwo\none"  # read again
    assert list(files.lines()) == ["one", "two", "one"]


def test_a_line_is_located_by_its_file_and_its_number_there(folder):
    files = text_files.collect([folder / "a.txt", folder / "b.txt"])
    places = [f"'{folder / name}', line 1" for name in ("a.txt", "b.txt")]
    assert list(files.located_lines()) == list(zip(places, ["one", "two"], strict=True))
    assert [files.place(1), files.place(2)] == places
    assert files.place(2, "text") == "Text 2 of all files"
    assert text_files.collect(folder / "b.txt").place(7) == f"'{folder / 'b.txt'}', line 7"
    assert text_files.collect(["-", folder / "b.txt"]).place(3) == "Line 3 of all files"


def test_the_size_is_known_of_plain_files_only(folder):
    assert text_files.collect([folder / "a.txt", folder / "b.txt"]).size == 7
    assert text_files.collect(folder).size is None
    assert text_files.collect(folder / "a.txt", "cp1252").size is None
    assert text_files.collect(folder / "none.txt").size is None


def test_no_files_are_a_usage_error(folder, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    sentence, code = refusal(empty)
    assert f"The folder '{empty}' has no .txt files: give files, or a pattern" in sentence
    assert code == USAGE
    assert refusal(folder / "x*") == (f"No file matches the pattern '{folder / 'x*'}'.", USAGE)


def test_standard_input_is_read_once(monkeypatch, folder):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"in"))))
    files = text_files.collect(["-", folder / "b.txt"])
    assert "".join(files) == "in\ntwo\n"
    assert refusal(["-", "-"])[0] == "Standard input can be read only once."


def test_a_path_that_no_file_can_have_is_refused_when_it_is_read():
    for path in ("a" * 5000, "a" * 5000 + "*", "a\0b"):
        with pytest.raises(RnnreplError):
            list(text_files.collect(path))


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("book.txt", "book"),
        ("my.book.txt.gz", "my.book"),
        ("book.xz", "book"),
        ("books", "books"),
        ("books/*.txt", "books"),
        ("books/**/*.txt", "books"),
        ("books/.", "books"),
    ],
)
def test_a_model_is_named_after_its_texts(folder, monkeypatch, path, title):
    monkeypatch.chdir(folder.parent)
    assert collection.title(Path(path)) == title
    monkeypatch.chdir(folder)
    assert collection.title(Path("*.txt")) == collection.title(Path()) == "books"
