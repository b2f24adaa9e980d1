from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.results import Piece, Sample, SampledToken
from tests.render.terminal import Terminal

SAMPLE = Sample("", "", 1, {}, (), "length")


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def on(stream, *records):
    Screen(stdout=stream, stderr=StringIO()).show(records, "text")
    return stream.getvalue()


def told(stream, *records):
    """What goes to stderr."""
    stderr = StringIO()
    Screen(stdout=stream, stderr=stderr).show(records, "text")
    return stderr.getvalue()


def test_a_pipe_gets_exactly_the_text():
    records = (Piece("RO\x1b", prompt=True), Piece("MEO\r"), SAMPLE)
    assert on(StringIO(), *records) == "RO\x1bMEO\r"


def test_several_samples_have_lines_of_their_own_in_a_pipe():
    records = (Piece("a"), SAMPLE, Piece("b\n"), SAMPLE, Piece("c"), SAMPLE)
    assert on(StringIO(), *records) == "a\nb\nc\n"


def test_samples_that_come_whole_are_told_with_their_seed_and_log_probability():
    one = Sample("RO", "MEO", 5, {}, (), "length", -12.345)
    two = Sample("RO", "OF\n", 6, {}, (), "length", -7.0)
    assert on(StringIO(), one, two) == "ROMEO\nROOF\n"
    assert on(Terminal(), one, two) == (
        "── 1 · seed 5 · ln P -12.35 ──\n\x1b[1mRO\x1b[0mMEO\n"
        "── 2 · seed 6 · ln P -7.00 ──\n\x1b[1mRO\x1b[0mOF\n"
    )


def test_a_terminal_shows_the_prompt_bold_and_ends_the_line():
    records = (Piece("RO", prompt=True), Piece("MEO"), SAMPLE)
    assert on(Terminal(), *records) == "\x1b[1mRO\x1b[0mMEO\n"


def test_a_dumb_terminal_gets_no_escapes(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert on(Terminal(), Piece("RO", prompt=True), Piece("MEO\n"), SAMPLE) == "ROMEO\n"


def test_a_terminal_is_never_steered():
    assert on(Terminal(), Piece("\x1b]0;title\x07\x9b"), SAMPLE) == "␛]0;title␇\\x9b\n"


def test_samples_stand_apart_on_a_terminal():
    assert on(Terminal(), Piece("a"), SAMPLE, Piece("b\n"), SAMPLE, Piece("c"), SAMPLE) == (
        "a\n── 2 ──\nb\n── 3 ──\nc\n"
    )


def test_each_piece_is_there_before_the_next_is_drawn():
    stdout = Terminal()

    def pieces():
        yield Piece("first")
        assert stdout.getvalue() == "first"
        yield Piece("second")

    Screen(stdout=stdout).show(pieces(), "text")


def test_ctrl_c_leaves_the_cursor_on_a_line_of_its_own():
    stdout = Terminal()

    def pieces():
        yield Piece("half a li")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Screen(stdout=stdout).show(pieces(), "text")
    assert stdout.getvalue() == "half a li\n"


WRITTEN = Sample(
    "",
    "ab",
    7,
    {},
    (SampledToken("a", 1, -1.0, -0.5), SampledToken("b", 2, -2.0, -0.1)),
    "eos",
    -3.0,
)


def test_samples_without_a_seed_are_told_with_their_log_probability_alone():
    one = Sample("", "a", None, {}, (), "length", -1.5)
    assert on(Terminal(), one) == "── 1 · ln P -1.50 ──\na\n"
    assert told(StringIO(), one, one) == ""


def test_the_seed_of_what_was_written_is_always_told_and_never_among_the_data():
    for stream in (StringIO(), Terminal()):
        assert (
            told(stream, Piece("ab"), WRITTEN) == "seed 7 · 2 tokens · 2.16 bits each · its end ¶\n"
        )
        assert "seed" not in stream.getvalue()


def test_the_seeds_of_samples_that_come_whole_are_told_where_no_rule_says_them():
    one, two = Sample("", "a", 5, {}, (), "length"), Sample("", "b", 9, {}, (), "length")
    assert told(StringIO(), one, two) == "seed 5, 9\n"
    assert told(Terminal(), one, two) == ""
    many = [Sample("", "a", seed, {}, (), "length") for seed in range(100)]
    assert told(StringIO(), *many) == "seed 0 to 99\n"


def test_a_sample_without_text_has_no_rule_but_says_why():
    empty = Sample("", "", 1, {}, (), "dead end")
    assert on(Terminal(), empty) == ""
    assert told(Terminal(), empty) == "seed 1 · 0 tokens · dead end\n"
