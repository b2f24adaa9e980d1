import os
import termios
from dataclasses import replace
from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.results import Notice
from rnnrepl.training.runs.events import (
    RunEnded,
    RunEvaluated,
    RunFailed,
    RunLeft,
    RunProgress,
    RunSampled,
    RunStarted,
    RunTracked,
)
from tests.render.terminal import Terminal, shown


def events(level="character"):
    yield RunStarted(
        "my-run", "cpu", "float32", "char", level, 65, "lstm", (8, 8), 1234, 900, 100, 1.0, None
    )
    yield RunProgress(100, 0.5, 0.5, 60.0, 60.0, 2.0, 0.001, 12_345.6)
    yield RunEvaluated(100, 60.0, 1.5, 4.48, 2.25, 0, True)
    yield RunSampled(100, "To be\nor \x1b[2J" + "x" * 200 + "\n\n\nmore")
    yield RunEnded("my-run", "done", 200, 120.0, 12_000.0, 1.5, 4.48, 2.25)


def followed(stream, *records):
    Screen(stdout=StringIO(), stderr=stream).show(records, "live")
    return stream.getvalue()


def panel(*records):
    """What a terminal shows."""
    return shown(followed(Terminal(), *records))


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_without_a_terminal_each_evaluation_is_a_line():
    start, evaluated, sample, end = followed(StringIO(), *events()).splitlines()
    assert start == (
        "training my-run: lstm 2×8, 1,234 weights · char, 65 tokens · 900 to learn from, 100 to"
        " validate on · cpu float32"
    )
    assert evaluated == (
        "step 100 · train 3.000 · validation 2.250 bits/char (best) · 50% · 12,346 tokens/s"
        " · 1:00 left"
    )
    assert sample.startswith("  sample: To be⏎or ␛[2Jx")
    assert end == "my-run: done · best 2.250 bits/char · 200 steps in 2:00"


def test_words_are_measured_in_perplexity():
    log = followed(StringIO(), *events("word"))
    assert "train 7.39 · validation 4.48 perplexity" in log


def test_before_the_first_evaluation_a_token_counts_as_a_character():
    log = followed(StringIO(), *[e for e in events() if not isinstance(e, RunEvaluated)])
    assert "best 2.250" in log


def test_a_text_that_is_known_by_heart_is_no_mishap():
    known = RunEvaluated(100, 60.0, 0.0, 1.0, 0.0, 0, True)
    assert "train 2.885 · validation 0.000" in followed(StringIO(), *list(events())[:2], known)


def test_a_terminal_gets_one_panel_that_never_changes_its_height():
    heights = []
    for count in range(1, 6):
        lines = panel(*list(events())[:count])
        assert lines[0].startswith("╭─ my-run ") and lines[-1].startswith("╰")
        heights.append(len(lines))
    assert heights == [9] * 5


def test_the_panel_shows_how_the_run_stands():
    lines = panel(*list(events())[:4])
    assert "50%" in lines[3] and "1:00 left" in lines[3]
    assert "train 3.000   validation 2.250   best 2.250 bits/char   12,346 tokens/s" in lines[4]
    assert lines[5].startswith("│ To be") and lines[6].startswith("│ or ␛[2Jxxx")


def test_the_panel_ends_with_what_was_reached():
    assert "done · best 2.250 bits/char" in panel(*events())[3]


def test_a_dumb_terminal_gets_the_log(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in followed(Terminal(), *events())


def test_a_run_that_was_stopped_says_that_its_work_is_kept():
    end = RunEnded("my-run", "interrupted", 20, 12.0, 1.0, 1.5, 4.48, 2.25)
    assert "what was learnt is kept" in followed(StringIO(), next(events()), end)


def test_notices_stand_above_and_below_the_panel():
    lines = shown(followed(Terminal(), Notice("Before."), *events(), Notice("After.")))
    assert (lines[0], lines[-1]) == ("Before.", "After.") and len(lines) == 11


@pytest.mark.parametrize("ours", [True, False])
def test_keys_do_not_show_while_the_panel_does_on_a_terminal_of_ours(monkeypatch, ours):
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + (not ours))
    master, slave = os.openpty()
    shows = []

    def spied():
        for event in events():
            shows.append(bool(termios.tcgetattr(master)[3] & termios.ECHO))
            yield event

    with os.fdopen(master, "rb"), os.fdopen(slave, "w", encoding="utf-8") as terminal:
        Screen(stdout=StringIO(), stderr=terminal).show(spied(), "live")
        assert shows == [not ours] * 5
        assert termios.tcgetattr(master)[3] & termios.ECHO


def tracked():
    started = replace(next(events()), tracked=("to be", "\x1b[2Jnot yet"))
    return [
        started,
        RunTracked(9, 1.0, "to be", 40.0, 5, 8.0, 0),
        RunTracked(19, 2.0, "to be", 5.0, 5, 1.0, 0),
    ]


def test_the_panel_shows_how_each_tracked_sentence_becomes_likely():
    lines = panel(*tracked())
    assert lines[5].startswith("│ track 5.00 bits, 1.00 a token █▁ ") and "to be" in lines[5]
    assert lines[6].startswith("│ track – ") and "␛[2Jnot yet" in lines[6]
    assert len(lines) == 11 == len(panel(*tracked()[:1]))


def test_the_log_says_it_in_a_line():
    assert "  track: 5.00 bits, 1.00 a token · to be" in followed(StringIO(), *tracked())


def test_a_run_that_failed_says_why():
    log = followed(StringIO(), next(events()), RunFailed("my-run", 20, 1.0, "The disk is full."))
    assert log.endswith("my-run: failed at step 20: The disk is full.\n")


def test_what_was_chosen_stands_in_the_first_line_and_a_remark_below_it():
    chosen = {"batch": 32, "bptt": 64, "dropout": 0.25, "learning_rate": 4e-3}
    start = replace(next(events()), **chosen, weight_decay=0.1, remark="Take more text.")
    first, second = followed(StringIO(), start).splitlines()
    assert " · 32 × 64 a step, dropout 0.25, lr 0.004, weight decay 0.1 · cpu" in first
    assert second == "Take more text."


def test_a_run_that_is_left_to_itself_ends_the_panel_but_not_the_run():
    lines = panel(*list(events())[:2], RunLeft("my-run"))
    assert "learns in the background" in lines[3]


def test_the_panel_shows_the_whole_plan_and_what_there_is_to_say_of_it():
    remark = (
        "23 weights for each token of the text: they will learn it by heart; take more \x1b[2J."
    )
    start = replace(next(events()), batch=32, bptt=64, dropout=0.25, remark=remark)
    text = " ".join(line.strip("│ ") for line in panel(start)[1:5])
    assert "100 to validate on · 32 × 64 a step, dropout 0.25, lr 0 · cpu float32" in text
    assert "they will learn it by heart; take more ␛[2J." in text
