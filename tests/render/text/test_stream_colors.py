"""Generated text colored by surprisal."""

from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.render.text.colormap import COLORS
from rnnrepl.results.samples import Piece, Sample
from tests.render.terminal import Terminal, screen_of

SAMPLE = Sample("", "", 1, {}, (), "length")
PIECES = (Piece("RO", prompt=True), Piece("M", bits=0.5), Piece("x", bits=6.0), Piece("q", bits=20))


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


def on(stream, *records, color="auto"):
    Screen(color, stdout=stream).show(records, "text")
    return stream.getvalue()


def test_each_piece_has_the_color_of_its_surprisal():
    row = screen_of(on(Terminal(), *PIECES, SAMPLE)).buffer[0]
    assert "".join(row[x].data for x in range(5)) == "ROMxq"
    assert row[0].bold and row[2].bg == "default"
    assert f"#{row[3].bg}" == COLORS[3][1] and f"#{row[4].bg}" == COLORS[5][1]


def test_a_line_end_has_a_visible_symbol():
    screen = screen_of(on(Terminal(), Piece("a\nb", bits=6.0), SAMPLE))
    assert [line.rstrip() for line in screen.display[:2]] == ["a⏎", "b"]
    assert f"#{screen.buffer[0][1].bg}" == COLORS[3][1]
    assert screen.buffer[0][2].bg == "default"


def test_without_colors_there_are_other_styles(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    row = screen_of(on(Terminal(), *PIECES, SAMPLE)).buffer[0]
    assert row[3].underscore and row[3].bg == "default" and row[4].reverse


def test_a_dumb_terminal_and_a_pipe_get_plain_text(monkeypatch):
    assert on(StringIO(), *PIECES, SAMPLE) == "ROMxq"
    monkeypatch.setenv("TERM", "dumb")
    assert on(Terminal(), *PIECES, SAMPLE) == "ROMxq\n"


def test_colored_text_is_sanitized():
    assert "\x1b]" not in on(Terminal(), Piece("\x1b]0;title\x07", bits=6.0), SAMPLE)
