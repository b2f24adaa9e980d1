import os
import termios
from dataclasses import replace
from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.results.session import Notice
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
    """What a terminal echo."""
    return shown(followed(Terminal(), *records))


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_without_a_terminal_each_evaluation_is_a_log_line():
    start, evaluated, sample, end = followed(StringIO(), *events()).splitlines()
    assert start == (
        "training my-run: lstm 2×8, 1,234 weights · char, 65 tokens · training on 900, validation"
        " on 100 · cpu float32"
    )
    assert evaluated == (
        "step 100 · train 3.000 · validation 2.250 bits/char (best) · 50% · 12,346 tokens/s"
        " · 1:00 left"
    )
    assert sample.startswith("  sample: To be⏎or ␛[2Jx")
    assert end == "my-run: done · best 2.250 bits/char · 200 steps in 2:00"


def test_a_run_of_one_step_is_told_in_the_singular():
    ended = RunEnded("my-run", "done", 1, 1.0, 12_000.0, 1.5, 4.48, 2.25)
    assert followed(StringIO(), *[*events()][:2], ended).splitlines()[-1].endswith("1 step in 0:01")


def test_word_models_are_measured_in_perplexity():
    log = followed(StringIO(), *events("word"))
    assert "train 7.39 · validation 4.48 perplexity" in log


def test_before_the_first_evaluation_a_token_counts_as_a_character():
    log = followed(StringIO(), *[e for e in events() if not isinstance(e, RunEvaluated)])
    assert "best 2.250" in log


def test_a_validation_loss_of_zero_is_not_divided_by():
    known = RunEvaluated(100, 60.0, 0.0, 1.0, 0.0, 0, True)
    assert "train 2.885 · validation 0.000" in followed(StringIO(), *list(events())[:2], known)


def test_the_panel_has_a_constant_height():
    heights = []
    for count in range(1, 6):
        lines = panel(*list(events())[:count])
        assert lines[0].startswith("╭─ my-run ") and lines[-1].startswith("╰")
        heights.append(len(lines))
    assert heights == [9] * 5


def test_the_panel_echo_progress_losses_and_a_sample():
    lines = panel(*list(events())[:4])
    assert "50%" in lines[3] and "1:00 left" in lines[3]
    assert "train 3.000   validation 2.250   best 2.250 bits/char   12,346 tokens/s" in lines[4]
    assert lines[5].startswith("│ To be") and lines[6].startswith("│ or ␛[2Jxxx")


def test_the_panel_ends_with_the_best_validation():
    assert "done · best 2.250 bits/char" in panel(*events())[3]


def test_a_dumb_terminal_gets_the_log(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in followed(Terminal(), *events())


def test_a_stopped_run_says_that_the_model_is_saved():
    end = RunEnded("my-run", "interrupted", 20, 12.0, 1.0, 1.5, 4.48, 2.25)
    assert "model saved" in followed(StringIO(), next(events()), end)


def test_notices_are_above_and_below_the_panel():
    lines = shown(followed(Terminal(), Notice("Before."), *events(), Notice("After.")))
    assert (lines[0], lines[-1]) == ("Before.", "After.") and len(lines) == 11


@pytest.mark.parametrize("foreground", [True, False])
def test_echo_is_off_during_the_panel_in_the_foreground(monkeypatch, foreground):
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + (not foreground))
    master, slave = os.openpty()
    echo = []

    def observed():
        for event in events():
            echo.append(bool(termios.tcgetattr(master)[3] & termios.ECHO))
            yield event

    with os.fdopen(master, "rb"), os.fdopen(slave, "w", encoding="utf-8") as terminal:
        Screen(stdout=StringIO(), stderr=terminal).show(observed(), "live")
        assert echo == [not foreground] * 5
        assert termios.tcgetattr(master)[3] & termios.ECHO


def tracked():
    started = replace(next(events()), tracked=("to be", "\x1b[2Jnot yet"))
    return [
        started,
        RunTracked(9, 1.0, "to be", 40.0, 5, 8.0, 0),
        RunTracked(19, 2.0, "to be", 5.0, 5, 1.0, 0),
    ]


def test_the_panel_shows_how_each_tracked_text_becomes_likely():
    lines = panel(*tracked())
    assert lines[5].startswith("│ track 5.00 bits, 1.00 bits/token █▁ ") and "to be" in lines[5]
    assert lines[6].startswith("│ track – ") and "␛[2Jnot yet" in lines[6]
    assert len(lines) == 11 == len(panel(*tracked()[:1]))


def test_each_tracked_text_is_a_log_line():
    assert "  track: 5.00 bits, 1.00 bits/token · to be" in followed(StringIO(), *tracked())


def test_a_failed_run_gives_the_reason():
    log = followed(StringIO(), next(events()), RunFailed("my-run", 20, 1.0, "The disk is full."))
    assert log.endswith("my-run: failed at step 20: The disk is full.\n")


def test_the_first_line_has_the_hyperparameters_and_the_second_a_remark():
    chosen = {"batch": 32, "bptt": 64, "dropout": 0.25, "learning_rate": 4e-3}
    start = replace(next(events()), **chosen, weight_decay=0.1, remark="Take more text.")
    first, second = followed(StringIO(), start).splitlines()
    assert " · 32 × 64 tokens a step, dropout 0.25, lr 0.004, weight decay 0.1 · cpu" in first
    assert second == "Take more text."
    for bptt, half in ((64, "32"), (21, "11 and 32 × 10")):
        warming = followed(StringIO(), replace(start, bptt=bptt, bptt_warmup=0.5))
        step = f" · 32 × {bptt} tokens a step (first 50%: two updates of 32 × {half}), dropout"
        assert step in warming


def test_a_run_moved_to_the_background_ends_the_panel():
    lines = panel(*list(events())[:2], RunLeft("my-run"))
    assert "training in the background" in lines[3]


def test_the_panel_wraps_the_hyperparameters_and_the_remark():
    remark = "23 weights for each token of the text: the model will memorize it; take more \x1b[2J."
    start = replace(next(events()), batch=32, bptt=64, dropout=0.25, remark=remark)
    text = " ".join(line.strip("│ ") for line in panel(start)[1:5])
    assert "validation on 100 · 32 × 64 tokens a step, dropout 0.25, lr 0 · cpu float32" in text
    assert "the model will memorize it; take more ␛[2J." in text
