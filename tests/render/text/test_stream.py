from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.results.samples import Piece, Sample, SampledToken
from tests.render.terminal import Terminal

SAMPLE = Sample("", "", 1, {}, (), "length")


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def on(stream, *records):
    Screen(stdout=stream, stderr=StringIO()).show(records, "text")
    return stream.getvalue()


def messages(stream, *records):
    """The output on stderr."""
    stderr = StringIO()
    Screen(stdout=stream, stderr=stderr).show(records, "text")
    return stderr.getvalue()


def test_a_pipe_gets_exactly_the_text():
    records = (Piece("RO\x1b", prompt=True), Piece("MEO\r"), SAMPLE)
    assert on(StringIO(), *records) == "RO\x1bMEO\r"


def test_several_samples_are_separate_lines_in_a_pipe():
    records = (Piece("a"), SAMPLE, Piece("b\n"), SAMPLE, Piece("c"), SAMPLE)
    assert on(StringIO(), *records) == "a\nb\nc\n"


def test_whole_samples_have_a_title_with_seed_and_log_probability():
    first = Sample("RO", "MEO", 5, {}, (), "length", -12.345)
    second = Sample("RO", "OF\n", 6, {}, (), "length", -7.0)
    assert on(StringIO(), first, second) == "ROMEO\nROOF\n"
    assert on(Terminal(), first, second) == (
        "── 1 · seed 5 · ln P -12.35 ──\n\x1b[1mRO\x1b[0mMEO\n"
        "── 2 · seed 6 · ln P -7.00 ──\n\x1b[1mRO\x1b[0mOF\n"
    )


def test_a_terminal_shows_the_prompt_in_bold_and_ends_the_line():
    records = (Piece("RO", prompt=True), Piece("MEO"), SAMPLE)
    assert on(Terminal(), *records) == "\x1b[1mRO\x1b[0mMEO\n"


def test_a_dumb_terminal_gets_no_escape_codes(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert on(Terminal(), Piece("RO", prompt=True), Piece("MEO\n"), SAMPLE) == "ROMEO\n"


def test_text_is_sanitized_on_a_terminal():
    assert on(Terminal(), Piece("\x1b]0;title\x07\x9b"), SAMPLE) == "␛]0;title␇\\x9b\n"


def test_several_samples_have_titles_on_a_terminal():
    assert on(Terminal(), Piece("a"), SAMPLE, Piece("b\n"), SAMPLE, Piece("c"), SAMPLE) == (
        "a\n── 2 ──\nb\n── 3 ──\nc\n"
    )


def test_each_piece_is_written_before_the_next_is_requested():
    stdout = Terminal()

    def pieces():
        yield Piece("first")
        assert stdout.getvalue() == "first"
        yield Piece("second")

    Screen(stdout=stdout).show(pieces(), "text")


def test_ctrl_c_ends_the_line():
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


def test_whole_samples_without_a_seed_have_only_their_log_probability():
    first = Sample("", "a", None, {}, (), "length", -1.5)
    assert on(Terminal(), first) == "── 1 · ln P -1.50 ──\na\n"
    assert messages(StringIO(), first, first) == ""


def test_the_seed_of_a_streamed_sample_goes_to_stderr():
    for stream in (StringIO(), Terminal()):
        assert (
            messages(stream, Piece("ab"), WRITTEN)
            == "seed 7 · 2 tokens · 2.16 bits/token · end of text\n"
        )
        assert "seed" not in stream.getvalue()


def test_the_seeds_of_whole_samples_go_to_stderr_in_a_pipe():
    first, second = Sample("", "a", 5, {}, (), "length"), Sample("", "b", 9, {}, (), "length")
    assert messages(StringIO(), first, second) == "seed 5, 9\n"
    assert messages(Terminal(), first, second) == ""
    many = [Sample("", "a", seed, {}, (), "length") for seed in range(100)]
    assert messages(StringIO(), *many) == "seed 0 to 99\n"


def test_a_sample_without_text_has_no_title_but_a_reason():
    empty = Sample("", "", 1, {}, (), "dead end")
    assert on(Terminal(), empty) == ""
    assert messages(Terminal(), empty) == "seed 1 · 0 tokens · dead end\n"
