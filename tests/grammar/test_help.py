"""Help: 80 columns, complete, with the same content at shell and prompt."""

from typing import get_args

import pytest

from rnnrepl import commands
from rnnrepl.commands.gen import gen
from rnnrepl.commands.retry import retry
from rnnrepl.commands.score import score
from rnnrepl.commands.train import train
from rnnrepl.commands.undo import undo
from rnnrepl.grammar.help import WIDTH, group_manual, manual
from rnnrepl.grammar.parameter import REQUIRED
from rnnrepl.grammar.wording import Interface


def widest(text):
    return max(map(len, text.splitlines()))


@pytest.mark.parametrize("interface", get_args(Interface))
@pytest.mark.parametrize("command", commands.every(), ids=lambda command: command.name)
def test_full_help_explains_every_parameter_within_80_columns(command, interface):
    text = manual(command, interface, full=True)
    assert command.summary.endswith(".")
    for parameter in command.parameters:
        assert parameter.help, f"{parameter.name} has no help"
        assert parameter.typed in text
    assert "<class" not in text  # of the default of a required argument
    assert widest(text) <= WIDTH and widest(manual(command, interface)) <= WIDTH


@pytest.mark.parametrize("command", commands.every(), ids=lambda command: command.name)
def test_help_ends_with_one_to_three_examples(command):
    assert 1 <= len(command.examples) <= 3
    assert manual(command).endswith(f"  rnnrepl {command.examples[-1]}\n")


def test_examples_have_the_form_of_shell_or_prompt():
    text = 'score --top 3 "To be, or not to be"\n'
    assert f"  rnnrepl {text}" in manual(score)
    assert "  :score --top 3 To be, or not to be\n" in manual(score, "prompt")


@pytest.mark.parametrize("interface", get_args(Interface))
def test_the_overview_lists_commands_and_topics(interface):
    text = commands.overview(interface)
    mark = ":" if interface == "prompt" else ""
    lines = [f"  {mark}{c.name}".ljust(16) + c.summary for c in commands.every(interface)]
    assert "\n".join(lines) in text
    assert ("At the prompt also: :load, " in text) == (interface == "shell")
    assert text.endswith("sampling, adaptation, training, keys.\n")
    assert widest(text) <= WIDTH


def test_the_first_line_is_the_usage():
    assert manual(score).startswith("rnnrepl score [TEXT ...] [OPTIONS]\n")
    assert manual(score, "prompt").startswith(":score [OPTIONS] [TEXT ...]\n")


def test_the_usage_has_the_required_options():
    usage = "rnnrepl convert [MODEL] --to file|folder|hub|onnx|torch --out FILE [OPTIONS]\n"
    assert manual(commands.find("convert")).startswith(usage)


@pytest.mark.parametrize("interface", get_args(Interface))
def test_the_help_of_gen_fits_a_screen_and_refers_to_the_group(interface):
    text = manual(gen, interface)
    assert text.count("\n") <= 40
    assert "\n  sampling  " in text and "--top-k K" not in text


def test_full_help_has_the_options_of_the_group_after_the_commands_own():
    text = manual(gen, full=True)
    assert text.index("\nOptions:\n") < text.index("--help") < text.index("\nSampling options:\n")
    assert text.index("\nSampling options:\n") < text.index("--top-k K")


def test_a_group_that_one_command_has_is_shown_in_its_help():
    assert "Training options:\n  --out FOLDER" in manual(train)


def test_the_help_of_a_group_has_its_description_options_and_settings():
    text = group_manual(retry, "sampling", "prompt")
    assert text.startswith("Temperature, truncation, penalties and other samplers.\n")
    assert "  --top-k K  " in text and "--seed" not in text and "Raises" not in text
    assert "`:set temperature 0.8` at the prompt" in " ".join(text.split())
    assert "`:set" not in group_manual(train, "training")


def test_defaults_and_repetition_are_shown():
    text = " ".join(manual(gen).split())
    assert "maximum length, in tokens (default: 200; 0–1e9)" in text
    assert "stop before this text (may be repeated)" in text
    assert "number of pieces to remove (default: 1; 1–1e6)" in manual(undo)
    assert "(default: heat on a terminal, tsv in a pipe)" in " ".join(manual(score).split())


@pytest.mark.parametrize("command", commands.every(), ids=lambda command: command.name)
def test_every_number_declares_its_range(command):
    for parameter in command.parameters:
        if parameter.type in (int, float):
            assert parameter.range, f"{parameter.name} has no range"
            if parameter.default not in (None, REQUIRED):
                parameter.range.check(parameter.name, parameter.default)
