"""Text files: pieces and lines, and what is wrong with a file in one sentence."""

import io
import sys

import pytest

from rnnrepl import textfile
from rnnrepl.errors import RnnreplError


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
        (b"a\rb\x0bc\xe2\x80\xa8d\n", ["a\rb\x0bc\u2028d"]),
        (b"\xef\xbb\xbfone\n", ["one"]),
        (b"  one \n", ["  one "]),
        (b"", []),
    ],
)
def test_a_line_ends_at_a_line_feed_and_has_no_break(path, data, lines):
    path.write_bytes(data)
    assert list(textfile.lines(path)) == lines


def test_pieces_are_the_text_as_it_stands(path, monkeypatch):
    monkeypatch.setattr(textfile, "PIECE", 4)
    text = "ünïcödé\r\n\rtwo\n\n"
    path.write_bytes(text.encode())
    pieces = list(textfile.pieces(path))
    assert "".join(pieces) == text and max(map(len, pieces)) == 4


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", stdin(b"one\ntwo"))
    assert list(textfile.lines(textfile.STDIN)) == ["one", "two"]


@pytest.mark.parametrize("read", [textfile.lines, textfile.pieces])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"caf\xe9 au lait\n", "is not UTF-8 text"),
        (b"\xff\xfea\x00b\x00", "is not UTF-8 text"),
        (b"\x7fELF\x00\x01", "is not text"),
    ],
)
def test_what_is_no_text_is_refused(path, read, data, message):
    path.write_bytes(data)
    with pytest.raises(RnnreplError, match=message) as caught:
        list(read(path))
    assert str(path) in str(caught.value)


def test_a_missing_file_a_folder_and_an_empty_text_are_refused(path, tmp_path):
    with pytest.raises(RnnreplError, match="There is no file"):
        list(textfile.pieces(path))
    with pytest.raises(RnnreplError, match="Is a directory"):
        list(textfile.lines(tmp_path))
    path.touch()
    with pytest.raises(RnnreplError, match="is empty"):
        list(textfile.pieces(path))


def test_nothing_is_read_from_a_terminal(monkeypatch):
    terminal = stdin(b"")
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    for stream in (terminal, None):
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(RnnreplError, match="Nothing is piped") as caught:
            list(textfile.lines(textfile.STDIN))
        assert caught.value.exit_code == 2
