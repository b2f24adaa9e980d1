"""The examples in the help of the commands can be typed at shell and prompt."""

import json
import pickle
import shlex
import shutil
from pathlib import Path

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
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.training.runs.folder import RunFolder
from tests import tiny
from tests.scoring.test_suites import SUITE
from tests.training.runs.test_curves import EVENTS

FIXTURES = Path(__file__).parents[1] / "importers" / "fixtures"
EXAMPLES = [(command.name, line) for command in commands.every() for line in command.examples]
NEEDED = {"convert": "onnx", "plot": "matplotlib"}  # packages of extras
# These take minutes or do not end, or need an active run, a terminal or a chat: only parsed.
PARSED = {"train", "tour", "watch", "stop", "serve", "pick", "edit", "say"}
SHELL = [(name, line) for name, line in EXAMPLES if name in {*commands.SHELL} - PARSED]
PROMPT = [(name, line) for name, line in EXAMPLES if name not in {*commands.SHELL, *PARSED}]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files of the examples; tiny models in place of the shipped ones; runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "shipped_models", lambda: tmp_path / "shipped")
    text = tiny.TEXT + "ROMEO: To be, or not to be, that is it.\n"
    chat = TurnTemplate("{name}: {text}\n", ("ROMEO", "JULIET"))
    tiny.write(tmp_path / "shipped" / "shakespeare-char", text=text, chat=chat)
    tiny.write(tmp_path / "shipped" / "shakespeare-word", "word", text=text, min_count=1)
    for name in ("book.txt", "test.txt"):
        (tmp_path / name).write_text(text)
    shutil.copy(FIXTURES / "char-rnn.t7", "model.t7")
    shutil.copy(FIXTURES / "colorless.pt", "model.pt")
    words = (FIXTURES / "words.txt").read_text().split()
    corpus = {"train": words[:2], "valid": words[3:], "test": words[:1]}  # each line adds <eos>
    Path("vocab.pkl").write_bytes(pickle.dumps({word: id for id, word in enumerate(words)}))
    Path("wikitext-2").mkdir()
    for name, line in corpus.items():
        Path("wikitext-2", f"{name}.txt").write_text(f"{' '.join(line)}\n")
    Path("pairs.tsv").write_text("To be is it.\tIs it be to.\torder\n")
    pair = {"sentence_good": "To be is it.", "sentence_bad": "To be is not.", "UID": "end"}
    Path("blimp.jsonl").write_text(json.dumps(pair) + "\n")
    Path("suite.json").write_text(json.dumps(SUITE))
    Path("set.tsv").write_text("a\tTo be\nb\tIs it\n")
    for name in ("small", "large"):
        folder = RunFolder(paths.user_models() / name)
        (folder.path / "training").mkdir(parents=True)
        for event in EVENTS:
            folder.append(event)


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_examples_are_parsed_alike_at_shell_and_prompt(name, line):
    command = commands.find(name)
    shell = parse_shell(command, shlex.split(line)[1:])
    typed, rest = split_command(example(line, "prompt", free_text=command.free_text))
    prompt = parse_line(command, rest)
    if name == "compare":  # at the prompt, model names and text are one line
        shell, prompt = ({**v, "text": " ".join(v.get("text", ()))} for v in (shell, prompt))
    assert (typed, prompt) == (name, shell)


@pytest.mark.parametrize(("name", "line"), SHELL, ids=[line for _, line in SHELL])
def test_examples_run_at_the_shell(place, name, line, capsys):
    needed = "torch" if "--adapt" in line else NEEDED.get(name, "rnnrepl")
    pytest.importorskip(needed)
    assert main(shlex.split(line)) == 0, capsys.readouterr().err


@pytest.mark.parametrize(("name", "line"), PROMPT, ids=[line for _, line in PROMPT])
def test_examples_run_at_the_prompt(place, name, line, capsys):
    session, screen = Session("prompt", Settings(commands.settable())), Screen(interface="prompt")
    before = {"redo": [":undo 2"], "open": [":save scene.json"]}
    for typed in (":gen --length 20 ROMEO:", ":mark storm", ":retry 20", *before.get(name, ())):
        assert execute(typed, session, screen), capsys.readouterr().err
    command = commands.find(name)
    typed = example(line, "prompt", free_text=command.free_text)
    assert execute(typed, session, screen), capsys.readouterr().err
