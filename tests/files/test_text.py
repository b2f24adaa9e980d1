"""Text files: chunks, lines, and errors of one sentence."""

import codecs
import io
import os
import sys
from pathlib import Path

import pytest

from rnnrepl.errors import FAILED, USAGE, RnnreplError
from rnnrepl.files import paths
from rnnrepl.files import text as text_files


@pytest.fixture
def path(tmp_path):
    return tmp_path / "text.txt"


def stdin(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\ntwo", ["one", "two"]),
        (b"one\n\ntwo\n", ["one", "", "two"]),
        (b"one\rtwo\r\rthree\r", ["one", "two", "", "three"]),
        (b"a\x0bbc\xe2\x80\xa8d\n", ["a\x0bbc\u2028d"]),
        (b"\xef\xbb\xbfone\n", ["one"]),
        (b"  one \n", ["  one "]),
        (b"", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1 << 16])
def test_a_line_ends_as_in_text_mode_and_has_no_break(path, monkeypatch, data, lines, size):
    monkeypatch.setattr(text_files, "PIECE", size)
    path.write_bytes(data)
    assert list(text_files.lines(path)) == lines


def test_pieces_are_the_text_with_its_line_ends_translated(path, monkeypatch):
    monkeypatch.setattr(text_files, "PIECE", 4)
    text = "ünïcödé\r\n\rtwo 한\n\n"
    path.write_bytes(codecs.BOM_UTF8 + text.encode())
    pieces = list(text_files.pieces(path))
    assert "".join(pieces) == text.replace("\r\n", "\n").replace("\r", "\n")
    assert max(map(len, pieces)) <= 5


def test_a_text_comes_with_its_bytes(path, monkeypatch):
    monkeypatch.setattr(text_files, "PIECE", 4)
    data = codecs.BOM_UTF8 + "né\r\n".encode()
    path.write_bytes(data)
    chunks = list(text_files.chunks(path))
    assert b"".join(data for data, _ in chunks) == data
    assert "".join(text for _, text in chunks) == "né\n"


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", stdin(b"one\ntwo"))
    assert list(text_files.lines(text_files.STDIN)) == ["one", "two"]


READERS = [text_files.chunks, text_files.pieces, text_files.lines]


def refusal(read, path, exit_code):
    with pytest.raises(RnnreplError) as caught:
        list(read(path))
    assert caught.value.exit_code == exit_code
    return str(caught.value)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            b"one\ncaf\xe9 au lait\n",
            "not UTF-8 (byte 0xe9 at offset 7, in line 2); it is perhaps cp1252",
        ),
        (b"\xef\xbb\xbfone\ntwo \xe9\n", "byte 0xe9 at offset 11, in line 2"),
        (b"\xfe\xffa", "not utf-16 (byte 0x61 at offset 2, in line 1)"),
        ("né\n한".encode()[:-1], "not UTF-8 (byte 0xed at offset 4, in line 2)"),
        ("né\n".encode() + b"\0\xff", "not text: it holds a zero byte at offset 4."),
    ],
)
def test_invalid_text_is_refused_with_its_position(path, monkeypatch, read, size, data, says):
    monkeypatch.setattr(text_files, "PIECE", size)
    path.write_bytes(data)
    sentence = refusal(read, path, FAILED)
    assert sentence.startswith(f"'{path}' is not ") and says in sentence


@pytest.mark.parametrize("read", READERS)
def test_a_missing_file_or_a_folder_is_a_usage_error(path, tmp_path, read):
    assert refusal(read, path, USAGE) == f"There is no file '{path}': give a text file."
    assert refusal(read, tmp_path, USAGE) == f"'{tmp_path}' is a folder: give a text file."


def test_a_sentence_or_a_model_in_place_of_a_file_is_pointed_out(home):
    (paths.user_models() / "mine").mkdir(parents=True)
    (paths.user_models() / "mine" / "model.json").write_text("{}")
    assert "- to read the text from standard input" in refusal(
        text_files.pieces, Path("the cat"), USAGE
    )
    assert refusal(text_files.pieces, Path("mine"), USAGE).startswith(
        "'mine' is a model and not a file"
    )


@pytest.mark.parametrize("data", [b"", codecs.BOM_UTF8])
def test_a_file_without_text_is_empty(path, data):
    path.write_bytes(data)
    for read in (text_files.chunks, text_files.pieces):
        assert refusal(read, path, FAILED) == f"'{path}' is empty."
    assert list(text_files.lines(path)) == []


def test_a_file_of_blanks_counts_as_empty(path):
    path.write_bytes(b" \n\n")
    assert "is empty" in refusal(text_files.chunks, path, FAILED)
    assert list(text_files.pieces(path)) == [" \n\n"]


def test_nothing_is_read_from_a_terminal(monkeypatch):
    terminal = stdin(b"")
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    for stream in (terminal, None):
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(RnnreplError, match="Standard input is a terminal") as caught:
            list(text_files.lines(text_files.STDIN))
        assert caught.value.exit_code == 2


def test_the_lines_of_a_pipe_come_as_soon_as_they_are_written(monkeypatch):
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as stream, os.fdopen(sink, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        lines = text_files.lines(text_files.STDIN)
        writer.write(b"one\ntw")
        assert next(lines) == "one"
        writer.write(b"o\n")
        assert next(lines) == "two"
