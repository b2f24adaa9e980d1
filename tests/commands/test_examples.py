"""The examples in the help of the commands can be typed at shell and prompt."""

import shlex

import pytest

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.cli import main
from rnnrepl.files import paths
from rnnrepl.grammar.parser import parse_line, parse_shell, split_command
from rnnrepl.grammar.wording import example
from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import execute
from tests import tiny

EXAMPLES = [(command.name, line) for command in commands.every() for line in command.examples]
# These need a run, a terminal or an optional package, or take minutes; they are only parsed.
PARSED = {"train", "watch", "stop", "plot", "pick", "edit", "import"}
SHELL = [(name, line) for name, line in EXAMPLES if name in {*commands.SHELL} - PARSED]
PROMPT = [(name, line) for name, line in EXAMPLES if name not in {*commands.SHELL, *PARSED}]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with the files of the examples, and tiny models in place of the shipped ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "shipped_models", lambda: tmp_path / "shipped")
    text = tiny.TEXT + "ROMEO: To be, or not to be, that is it.\n"
    tiny.write(tmp_path / "shipped" / "shakespeare-char", text=text)
    tiny.write(tmp_path / "shipped" / "shakespeare-word", "word", text=text, min_count=1)
    for name in ("book.txt", "test.txt"):
        (tmp_path / name).write_text(text)


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_examples_are_parsed_alike_at_shell_and_prompt(name, line):
    command = commands.find(name)
    shell = parse_shell(command, shlex.split(line)[1:])
    typed, rest = split_command(example(line, "prompt", free_text=command.free_text))
    prompt = parse_line(command, rest)
    if name == "compare":  # at the prompt, model names and text are one line
        shell, prompt = ({**v, "text": " ".join(v["text"])} for v in (shell, prompt))
    assert (typed, prompt) == (name, shell)


@pytest.mark.parametrize(("name", "line"), SHELL, ids=[line for _, line in SHELL])
def test_examples_run_at_the_shell(name, line, capsys):
    if "onnx" in line:
        pytest.importorskip("onnx")
    assert main(shlex.split(line)) == 0, capsys.readouterr().err


@pytest.mark.parametrize(("name", "line"), PROMPT, ids=[line for _, line in PROMPT])
def test_examples_run_at_the_prompt(name, line, capsys):
    session, screen = Session("prompt", Settings(commands.settable())), Screen(door="prompt")
    before = {"redo": [":undo 2"], "open": [":save scene.json"]}
    for typed in (":gen --length 20 ROMEO:", ":mark storm", ":retry 20", *before.get(name, ())):
        assert execute(typed, session, screen), capsys.readouterr().err
    command = commands.find(name)
    typed = example(line, "prompt", free_text=command.free_text)
    assert execute(typed, session, screen), capsys.readouterr().err
