"""Help: 80 columns, complete, the same words at both doors."""

import pytest

from rnnrepl import commands
from rnnrepl.commands.gen import gen
from rnnrepl.commands.score import score
from rnnrepl.grammar.help import WIDTH, manual, overview
from rnnrepl.grammar.wording import DOORS


@pytest.mark.parametrize("command", commands.every(), ids=lambda command: command.name)
def test_every_command_and_parameter_is_explained_within_80_columns(command):
    text = manual(command)
    assert command.summary.endswith(".")
    for parameter in command.parameters:
        assert parameter.help, f"{parameter.name} has no help"
        assert (parameter.flag or parameter.metavar) in text
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize("door", DOORS)
def test_the_overview_lists_the_commands_of_its_door_one_a_line(door):
    text = overview(commands.every(), door)
    mark = ":" if door == "prompt" else ""
    lines = [f"  {mark}{c.name}".ljust(16) + c.summary for c in commands.every(door)]
    assert "\n".join(lines) in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_first_line_says_how_to_type_it_at_each_door():
    assert manual(score).startswith("rnnrepl score [TEXT ...] [OPTIONS]\n")
    assert manual(score, "prompt").startswith(":score [OPTIONS] [TEXT ...]\n")


def test_the_fields_of_a_dataclass_have_a_section_of_their_own():
    text = manual(gen)
    assert text.index("Options:") < text.index("--help") < text.index("\n\nSampling:\n")
    assert text.index("Sampling:") < text.index("--top-k K")


def test_defaults_and_repetition_are_told():
    text = " ".join(manual(gen).split())
    assert "draw at most N tokens (default: 200)" in text
    assert "end before this text (may be repeated)" in text
