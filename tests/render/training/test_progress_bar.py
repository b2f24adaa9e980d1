"""How far it is, on a terminal that waits, and nowhere else."""

from io import StringIO

import pytest

from rnnrepl.files.progress import Progress
from rnnrepl.render import Screen
from rnnrepl.render.training import progress_bar
from tests.render.records import score
from tests.render.terminal import Terminal


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that goes on by a second whenever it is looked at."""
    monkeypatch.setenv("TERM", "xterm-256color")
    seconds = iter(range(1000))
    monkeypatch.setattr(progress_bar, "monotonic", lambda: next(seconds))


def shown(records, stdout, stderr):
    Screen("never", stdout, stderr).show(records, "json")
    return stderr.getvalue()


RECORDS = [Progress(250, 1000), score("a", [1.0]), Progress(500, 1000)]


def test_a_line_says_how_much_is_done_and_is_wiped_in_the_end():
    told = shown(RECORDS, StringIO(), Terminal())
    assert "25% of 1,000 bytes · 250 bytes/s · 0:03 left" in told
    assert "50% of 1,000 bytes" in told and told.endswith("\r\x1b[K")


def test_when_all_is_read_it_is_not_said_that_all_is_done():
    told = shown([Progress(250, 1000), Progress(1001, 1000)], StringIO(), Terminal())
    assert "1,000 bytes are read · 500 bytes/s" in told and "100%" not in told


def test_that_all_is_read_is_said_at_once(monkeypatch):
    seconds = iter([0, 1, 1.01, 1.02])
    monkeypatch.setattr(progress_bar, "monotonic", lambda: next(seconds))
    records = [Progress(250, 1000), Progress(500, 1000), Progress(1000, 1000)]
    told = shown(records, StringIO(), Terminal())
    assert "25%" in told and "50%" not in told and "1,000 bytes are read" in told


def test_of_a_pipe_only_what_is_done_is_known():
    assert "\r\x1b[K250 bytes · 250 bytes/s" in shown([Progress(250)], StringIO(), Terminal())


def test_it_stands_on_a_terminal_only(monkeypatch):
    assert shown(RECORDS, Terminal(), StringIO()) == ""
    monkeypatch.setenv("TERM", "dumb")
    assert shown(RECORDS, StringIO(), Terminal()) == ""


def test_on_one_terminal_it_is_gone_before_data_comes():
    terminal = Terminal()
    told = shown(RECORDS, terminal, terminal)
    assert told.index("25%") < told.index("\r\x1b[K{") < told.index("50%")


def test_it_is_wiped_where_something_fails():
    def failing():
        yield Progress(1, 2)
        raise KeyboardInterrupt

    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt):
        shown(failing(), StringIO(), terminal)
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_what_is_quick_shows_nothing(monkeypatch):
    monkeypatch.setattr(progress_bar, "monotonic", lambda: 0)
    assert shown(RECORDS, StringIO(), Terminal()) == ""
