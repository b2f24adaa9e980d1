"""The tour: at a terminal step by step, without one at once."""

import importlib
import re
import subprocess
import sys

import pytest

from rnnrepl import commands
from rnnrepl.app.session import DEFAULT_MODEL
from rnnrepl.app.settings import Settings
from rnnrepl.app.tour import Step, steps
from rnnrepl.repl.script import run_script

ENTER, CTRL_C, CTRL_U = "\r", "\x03", "\x15"
OVER = "The tour is over; your own model, conversation and settings are back."


def test_a_failed_step_does_not_end_the_tour(screen, session):
    session.tour = [Step(":nonsense", "1/2"), Step(":score a", "2/2")]
    assert run_script([], session, screen) == 1
    assert "2/2\n\n> :score a\nsentence_id" in screen.stdout.getvalue()


def test_a_tour_begins_without_the_welcome(type_keys, session):
    session.tour = [Step(":score a", "1/1")]
    _, stderr = type_keys(ENTER)
    assert "Type a text to continue" not in stderr


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


@pytest.fixture
def one_step(monkeypatch):
    """The tour is one step, which leaves a chat open."""
    step = Step(":chat ROMEO JULIET", "1/1")
    monkeypatch.setattr(importlib.import_module("rnnrepl.commands.tour"), "steps", lambda _: [step])


def test_the_tour_has_its_own_model_settings_and_conversation(type_keys, session):
    type_keys("ab", ENTER)
    own = session.conversation
    _, stderr = type_keys(":tour", ENTER)  # Ctrl-D leaves the prompt at the first step
    assert f"It uses {DEFAULT_MODEL} and a new conversation; yours" in stderr
    assert session.name == session.model.name == DEFAULT_MODEL
    assert not session.context and session.conversation is not own
    assert session.settings.setting("seed").origin == "default"


def test_what_was_set_aside_is_back_after_the_last_step(type_keys, session, one_step):
    session.settings.set("turn", r"{name}: {text}\n")
    type_keys("ab", ENTER, ":chat You Bot", ENTER)
    own, chat, model = session.conversation, session.chat, session.model
    _, stderr = type_keys(":tour", ENTER, ENTER)
    assert stderr.endswith(f"{OVER}\n")
    assert (session.conversation, session.chat, session.model) == (own, chat, model)
    assert (session.name, session.settings["seed"]) == ("tiny", 1)


def test_the_chat_of_the_tour_ends_with_it(type_keys, session, one_step):
    _, stderr = type_keys(":tour", ENTER, ENTER)
    assert "You are ROMEO" in stderr and stderr.endswith(f"{OVER}\n")
    assert not session.chat and not session.context


def test_leaving_the_tour_ends_it_too(type_keys, session):
    _, stderr = type_keys(":tour --lang ko", ENTER, "q")
    assert stderr.endswith("둘러보기가 끝나 쓰던 모델과 대화, 설정으로 돌아왔습니다.\n")
    assert session.name == "tiny"


def test_a_tour_within_a_tour_sets_nothing_of_it_aside(type_keys, session):
    type_keys(":tour", ENTER, CTRL_U, ":tour", ENTER, "q")
    assert session.name == "tiny" and session.settings["seed"] == 1


def test_a_tour_that_changes_nothing_says_nothing_of_it(type_keys, session):
    session.settings = Settings(commands.settable())
    _, stderr = type_keys(":tour", ENTER)
    assert "Enter runs the line" in stderr and "It uses" not in stderr


def test_a_tour_whose_model_is_missing_changes_nothing(type_keys, session, monkeypatch):
    monkeypatch.setattr("rnnrepl.app.session.DEFAULT_MODEL", "absent")
    type_keys("ab", ENTER)
    own = session.conversation
    _, stderr = type_keys(":tour", ENTER)
    assert OVER not in stderr and not session.tour
    assert session.conversation is own and session.name == "tiny"


def test_in_a_script_the_lines_behind_a_tour_go_on_where_those_before_it_ended(
    screen, session, one_step
):
    run_script(["ab", ":tour", ":set model"], session, screen)
    assert screen.stderr.getvalue().count(OVER) == 1
    assert re.search(r"^model +tiny ", screen.stdout.getvalue(), re.MULTILINE)
    assert session.context and session.name == "tiny"


def test_at_the_shell_without_a_terminal_all_steps_run_and_no_input_is_read():
    command = [sys.executable, "-m", "rnnrepl", "tour", "--lang", "ko"]
    done = subprocess.run(command, input=":nonsense\n", capture_output=True, encoding="utf-8")
    shown = re.split(r"\n\d+/10 .*\n(?:.*\n)?\n> .*\n", done.stdout)
    assert done.returncode == 0 and "nonsense" not in done.stderr
    assert len(shown) == 11 and all(part.strip() for part in shown[1:])
    assert all(step.text in done.stdout for step in steps("ko"))
