import re
import subprocess
import sys
from io import StringIO

import pytest
from wcwidth import wcwidth

from rnnrepl.errors import RnnreplError
from rnnrepl.render import Screen
from rnnrepl.results.samples import Piece
from rnnrepl.results.session import Notice, Setting
from tests.render.records import score
from tests.render.terminal import Terminal


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(
    ("when", "stream", "environment", "expected"),
    [
        ("auto", Terminal, {}, True),
        ("auto", StringIO, {}, False),
        ("auto", Terminal, {"NO_COLOR": "1"}, False),
        ("auto", Terminal, {"NO_COLOR": ""}, True),
        ("auto", Terminal, {"TERM": "dumb"}, False),
        ("always", StringIO, {"NO_COLOR": "1"}, True),
        ("always", Terminal, {"TERM": "dumb"}, True),
        ("never", Terminal, {}, False),
    ],
)
def test_setting_terminal_and_environment_decide_on_color(
    monkeypatch, when, stream, environment, expected
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stdout = stream()
    screen = Screen(when, stdout=stdout)
    screen.show([score("abc", [1.5, 9.0, 13.0])], "heat")
    assert screen.colored(stdout) == expected
    assert any(code in stdout.getvalue() for code in ("38;5;", "38;2;")) == expected


def test_no_color_keeps_the_other_styles(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    stdout = Terminal()
    Screen(stdout=stdout).show([score("a", [9.0])], "heat")
    assert "\x1b[7ma" in stdout.getvalue()


def test_a_pipe_and_a_dumb_terminal_get_no_escape_codes(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    for stdout in (StringIO(), Terminal()):
        for format in ("heat", "table"):
            Screen(stdout=stdout, stderr=stdout).show([score("ab", [9.0, 1.0])], format)
        Screen(stdout=stdout, stderr=stdout).error(RnnreplError("No."))
        assert "\x1b" not in stdout.getvalue()


def test_a_user_error_is_a_red_sentence_on_stderr():
    stdout, stderr = Terminal(), Terminal()
    Screen(stdout=stdout, stderr=stderr).error(RnnreplError("There is no \x1b[2Jmodel."))
    assert (stdout.getvalue(), stderr.getvalue()) == ("", "\x1b[31mThere is no ␛[2Jmodel.\x1b[0m\n")


def test_a_bug_is_shown_with_its_traceback():
    stderr = StringIO()
    try:
        raise ZeroDivisionError("oh")
    except ZeroDivisionError as error:
        Screen(stderr=stderr).error(error)
    assert stderr.getvalue().startswith("Traceback")
    *_, error, asks = stderr.getvalue().splitlines()
    assert error == "ZeroDivisionError: oh" and asks.startswith("This is a bug in rnnrepl")


def test_an_oserror_is_shown_without_its_number():
    stderr = StringIO()
    Screen(stderr=stderr).error(PermissionError(13, "Permission denied", "a.txt"))
    assert stderr.getvalue() == "The system refused: Permission denied (a.txt).\n"


@pytest.mark.parametrize("format", ["heat", "table", "text"])
def test_a_closed_pipe_raises_broken_pipe_error(format):
    class Closed(StringIO):
        def write(self, text):
            raise BrokenPipeError

    record = Piece("a") if format == "text" else score("a", [1.0])
    with pytest.raises(BrokenPipeError):
        Screen(stdout=Closed()).show([record], format)


@pytest.mark.parametrize("stream", [StringIO, Terminal])
def test_lines_end_without_padding_where_they_are_not_for_a_terminal(stream):
    stdout = stream()
    settings = [Setting("seed", 1, "default", "a long help"), Setting("top", 12, "default", "help")]
    Screen("never", stdout=stdout).show(settings, "table")
    padded = [line for line in stdout.getvalue().splitlines() if line.endswith(" ")]
    assert bool(padded) == (stream is Terminal)


def test_notices_among_records_go_to_stderr():
    stdout, stderr = StringIO(), StringIO()
    Screen(stdout=stdout, stderr=stderr).show(
        [Piece("a"), Notice("By the way."), Piece("b")], "text"
    )
    assert (stdout.getvalue(), stderr.getvalue()) == ("ab", "By the way.\n")


def test_records_are_closed_after_an_error():
    closed = []

    def records():
        try:
            yield Piece("a")
            yield Piece("b")
        finally:
            closed.append(True)

    class Broken(StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Screen(stdout=Broken()).show(records(), "text")
    assert closed


def test_the_width_is_that_of_the_terminal_or_80(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert Screen(stdout=StringIO()).width == 80
    monkeypatch.setenv("COLUMNS", "120")
    assert Screen(stdout=StringIO()).width == 120


def test_plain_formats_do_not_import_rich():
    code = (
        "import sys; from rnnrepl.render import Screen; from rnnrepl.results.samples import Piece\n"
        "for format in ('json', 'tsv', 'text', 'live'): Screen().show([], format)\n"
        "assert not [m for m in sys.modules if m.partition('.')[0] in ('rich', 'prompt_toolkit')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("word", ["한국어", "日本", "the", "한a"])
def test_a_message_is_wrapped_by_columns(monkeypatch, word):
    monkeypatch.setenv("COLUMNS", "40")
    stderr = Terminal()
    Screen(stderr=stderr).notice(" ".join([word] * 40))
    lines = re.sub(r"\x1b\[\d*m", "", stderr.getvalue()).splitlines()
    widths = [sum(map(wcwidth, line)) for line in lines]
    assert "\0" not in stderr.getvalue() and " ".join(lines) == " ".join([word] * 40)
    room = 40 - sum(map(wcwidth, word)) - 1
    assert max(widths) <= 40 and min(widths[:-1]) > room


def test_a_long_message_is_wrapped_on_a_terminal_only(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    for stream, expected in (
        (Terminal(), "There is no command\nhere-and-now.\n"),
        (StringIO(), "There is no command here-and-now.\n"),
    ):
        Screen("never", stderr=stream).error(RnnreplError("There is no command here-and-now."))
        assert stream.getvalue() == expected


@pytest.mark.parametrize(
    ("answer", "yes"),
    [("y\n", True), (" YES \n", True), ("n\n", False), ("\n", False), ("", False)],
)
def test_a_question_is_asked_on_stderr_and_nothing_but_yes_is_yes(answer, yes, monkeypatch):
    monkeypatch.setattr(sys, "stdin", StringIO(answer))
    screen = Screen("never", StringIO(), StringIO())
    assert screen.confirm("Remove \x1b[2J?") is yes
    assert screen.stderr.getvalue() == "Remove ␛[2J? [y/N] " and not screen.stdout.getvalue()
