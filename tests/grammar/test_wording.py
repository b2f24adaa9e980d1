"""Commands in messages: each door names them as they are typed there."""

import re
from pathlib import Path

import pytest

from rnnrepl import commands
from rnnrepl.cli import main
from rnnrepl.grammar.help import manual
from rnnrepl.grammar.wording import spelled

SOURCES = (Path(__file__).parents[2] / "rnnrepl").rglob("*.py")
TEXT = "It goes on; `rnnrepl watch 'my run'` shows it, `rnnrepl stop` ends it."


def test_the_shell_reads_a_text_as_it_stands():
    assert spelled(TEXT, "shell") == TEXT


def test_the_prompt_reads_commands_with_their_colon():
    assert spelled(TEXT, "prompt") == "It goes on; :watch 'my run' shows it, :stop ends it."


def test_every_command_that_a_text_names_is_there_at_both_doors():
    named = {
        name
        for path in SOURCES
        for name in re.findall(r"`rnnrepl ([a-z]+)\b", path.read_text(encoding="utf-8"))
    }
    assert {"watch", "stop", "runs", "train"} <= named <= {*commands.SHELL}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["watch"], "No run is in progress: `rnnrepl runs` lists those that have ended."),
        (["runs"], "There are no runs yet: `rnnrepl train` starts one."),
        (["import"], "`rnnrepl import --help` says more."),
    ],
)
def test_a_message_says_it_as_the_shell_does(words, said, capsys):
    main(words)
    assert said in capsys.readouterr().err


def test_help_says_it_as_its_door_does():
    train = commands.find("train")
    assert "`rnnrepl stop` ends it" in " ".join(manual(train).split())
    assert ":stop ends it" in " ".join(manual(train, "prompt").split())
