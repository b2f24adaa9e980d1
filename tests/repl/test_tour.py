"""The tour: at a terminal step by step, without one at once."""

import re
import subprocess
import sys

from rnnrepl.app.tour import Step, steps
from rnnrepl.repl.script import run_script

ENTER, CTRL_C, CTRL_U = "\r", "\x03", "\x15"


def test_a_failed_step_does_not_end_the_tour(screen, session):
    session.tour = [Step(":nonsense", "1/2"), Step(":score a", "2/2")]
    assert run_script([], session, screen) == 1
    assert "2/2\n\n> :score a\nsentence_id" in screen.stdout.getvalue()


def test_enter_runs_the_step_and_goes_on(type_keys, session):
    session.tour = [Step(":score a", "1/2"), Step(":score b", "2/2")]
    stdout, _ = type_keys(ENTER, ENTER)
    assert re.findall(r"^(?:\d/2|1\t1\t\w)", stdout, re.MULTILINE) == [
        "1/2",
        "1\t1\ta",
        "2/2",
        "1\t1\tb",
    ]
    assert not session.tour


def test_a_step_can_be_changed_before_it_runs(type_keys, session):
    session.tour = [Step(":score a", "1/2"), Step(":score b", "2/2")]
    stdout, _ = type_keys(CTRL_U, ":score c", ENTER)
    assert "1\t1\tc" in stdout and "2/2" in stdout


def test_ctrl_c_leaves_the_tour_but_not_the_prompt(type_keys, session):
    session.tour = [Step(":score a", "1/2"), Step(":score b", "2/2")]
    stdout, _ = type_keys(CTRL_C, ":score c", ENTER)
    assert "1\t1\tc" in stdout and "2/2" not in stdout and "1\t1\ta" not in stdout


def test_q_leaves_the_tour_and_is_no_text(type_keys, session):
    session.tour = [Step(":score a", "1/2"), Step(":score b", "2/2")]
    stdout, _ = type_keys("q", ":score c", ENTER)
    assert "1\t1\tc" in stdout and "2/2" not in stdout and not session.context


def test_q_is_text_in_a_line_that_was_changed(type_keys, session):
    session.tour = [Step(":score a", "1/1")]
    stdout, _ = type_keys(CTRL_U, ":score q", ENTER)
    assert "1\t1\tq" in stdout


def test_ctrl_d_leaves_the_prompt(type_keys, session):
    session.tour = [Step(":score a", "1/2"), Step(":score b", "2/2")]
    assert "1\t1\t" not in type_keys()[0]


def test_at_the_shell_without_a_terminal_all_steps_run_and_no_input_is_read():
    command = [sys.executable, "-m", "rnnrepl", "tour", "--lang", "ko"]
    done = subprocess.run(command, input=":nonsense\n", capture_output=True, encoding="utf-8")
    shown = re.split(r"\n\d+/10 .*\n(?:.*\n)?\n> .*\n", done.stdout)
    assert done.returncode == 0 and "nonsense" not in done.stderr
    assert len(shown) == 11 and all(part.strip() for part in shown[1:])
    assert all(step.text in done.stdout for step in steps("ko"))
