"""Spelling of commands in messages, at the shell and at the prompt."""

import re
from pathlib import Path

import pytest

from rnnrepl import commands
from rnnrepl.cli import main
from rnnrepl.grammar.help import manual
from rnnrepl.grammar.wording import example, spelled

SOURCES = (Path(__file__).parents[2] / "rnnrepl").rglob("*.py")
TEXT = "It goes on; `rnnrepl watch 'my run'` shows it, `rnnrepl stop` ends it."


def test_the_shell_shows_a_text_unchanged():
    assert spelled(TEXT, "shell") == TEXT


def test_the_prompt_shows_commands_with_a_colon():
    assert spelled(TEXT, "prompt") == "It goes on; :watch 'my run' shows it, :stop ends it."


def test_a_command_of_the_prompt_alone_is_plain_there():
    assert spelled("`:set` at the prompt lists them.", "prompt") == ":set lists them."
    assert spelled("`:set` at the prompt lists them.", "shell").startswith("`:set` at")


def test_an_example_has_no_quotes_around_free_text_at_the_prompt():
    line = 'score --stop "a b" "the cat"'
    assert example(line, "shell", free_text=True) == f"rnnrepl {line}"
    assert example(line, "prompt", free_text=True) == ':score --stop "a b" the cat'
    assert example(line, "prompt", free_text=False) == f":{line}"


def test_every_command_named_in_a_text_is_a_command_of_the_shell():
    named = {
        name
        for path in SOURCES
        for name in re.findall(r"`rnnrepl ([a-z]+)\b", path.read_text(encoding="utf-8"))
    }
    assert {"watch", "stop", "runs", "train"} <= named <= {*commands.SHELL}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["watch"], "No run is in progress: `rnnrepl runs` lists the runs that have ended."),
        (["runs"], "There are no runs yet: `rnnrepl train` starts one."),
        (["convert"], "See `rnnrepl help convert`."),
    ],
)
def test_messages_at_the_shell_name_shell_commands(words, message, capsys):
    main(words)
    assert message in capsys.readouterr().err


def test_help_names_commands_as_they_are_typed():
    train = commands.find("train")
    assert "`rnnrepl stop` ends it" in " ".join(manual(train).split())
    assert ":stop ends it" in " ".join(manual(train, "prompt").split())
