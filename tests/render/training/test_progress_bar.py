"""The line that shows how much of a file has been read."""

from io import StringIO
from time import sleep

import pytest

from rnnrepl.files.progress import Progress
from rnnrepl.render import Screen
from rnnrepl.render.training.progress_bar import ProgressBar
from tests.render.records import score
from tests.render.terminal import Terminal

ERASE = "\r\x1b[K"


def drawn(*progress, clock=range(99)):
    """What a bar draws, one second after another."""
    terminal = Terminal()
    bar = ProgressBar(terminal, iter(clock).__next__)
    for record in progress:
        bar.show(record)
    bar.clear()
    return terminal.getvalue()


def test_the_line_shows_share_speed_and_time_left_and_is_erased_at_the_end():
    text = drawn(Progress(250, 1000), Progress(500, 1000))
    assert "25% of 1,000 bytes · 250 bytes/s · 0:03 left" in text
    assert "50% of 1,000 bytes" in text and text.endswith(ERASE)


def test_the_line_does_not_reach_100_percent():
    text = drawn(Progress(250, 1000), Progress(1001, 1000))
    assert "1,000 bytes read · 500 bytes/s" in text and "100%" not in text


def test_the_end_of_the_file_is_shown_at_once():
    progress = [Progress(250, 1000), Progress(500, 1000), Progress(1000, 1000)]
    text = drawn(*progress, clock=[0, 1, 1.01, 1.02])
    assert "25%" in text and "50%" not in text and "1,000 bytes read" in text


def test_without_a_total_only_the_amount_is_shown():
    assert drawn(Progress(250)).startswith(f"{ERASE}250 bytes · 250 bytes/s")


def test_each_task_is_named_and_has_a_speed_of_its_own():
    text = drawn(
        Progress(1, 10, "a"), Progress(9, 10, "a"), Progress(2, 10, "b"), Progress(4, 10, "b")
    )
    assert "a: 90% of 10 bytes · 9 bytes/s" in text and "b: 40% of 10 bytes · 4 bytes/s" in text


def test_a_quick_file_shows_nothing():
    assert drawn(Progress(250, 1000), Progress(1000, 1000), clock=[0, 0.1, 0.2]) == ""


def test_a_task_that_takes_less_than_a_second_shows_nothing():
    slow = [Progress(1, 10, "a"), Progress(5, 10, "a")]
    quick = [Progress(1, 10, "b"), Progress(10, 10, "b"), Progress(10, 10, "b")]
    text = drawn(*slow, *quick, clock=[0, 5, 7, 7.1, 7.2, 9])
    assert "a: 50%" in text and "b: " not in text and text.count(ERASE) == 2


def records():
    yield Progress(250, 1000)
    sleep(1.1)
    yield Progress(250, 1000)
    yield score("a", [1.0])
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("term", "stderr", "shown"),
    [("xterm", Terminal, True), ("dumb", Terminal, False), ("xterm", StringIO, False)],
)
def test_a_screen_shows_it_on_a_terminal_and_erases_it_before_data(
    monkeypatch, term, stderr, shown
):
    monkeypatch.setenv("TERM", term)
    stream = stderr()
    with pytest.raises(KeyboardInterrupt):
        Screen("never", stream, stream).show(records(), "json")
    text = stream.getvalue()
    assert ("25%" in text) == shown
    assert not shown or text.index("25%") < text.index(ERASE + "{")
