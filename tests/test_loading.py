"""What the program loads: nothing heavy to start, and no command more than it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

from rnnrepl import commands
from rnnrepl.files import paths
from tests import tiny

ROOT = Path(__file__).parents[1]


def python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a process of its own, in which nothing is loaded yet."""
    environ = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )


LOADED = """
import json, sys
from rnnrepl.cli import main
for words in json.loads(sys.argv[1]):
    assert main(words) == 0
    sys.stderr.write("\\nloaded: " + " ".join(sys.modules) + "\\n")
"""


def loaded(*lines: list[str]) -> dict[str, set[str]]:
    """The modules in memory after each of some commands, which one process runs in turn."""
    printed = python(LOADED, json.dumps(lines)).stderr.splitlines()
    modules = [set(line.split()) for line in printed if line.startswith("loaded: ")]
    return dict(zip(map(" ".join, lines), modules, strict=True))


def test_threads_are_set_before_torch_can_be_imported():
    code = "import os, sys, rnnrepl; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    assert python(code).stdout.split() == ["1000", "False"]


def test_version_and_help_load_nothing_heavy():
    heavy = {"torch", "numpy", "rich", "prompt_toolkit", "regex", "safetensors"}
    help = loaded(["--version"], ["--help"], ["score", "--help"], ["train", "--help"])
    assert not {line: modules & heavy for line, modules in help.items() if modules & heavy}


def test_on_a_cpu_no_command_but_train_loads_torch_and_none_the_prompt(tmp_path):
    tiny.write(paths.user_models() / "tiny")
    (tmp_path / "text").write_text(tiny.TEXT)
    text, model = str(tmp_path / "text"), ["--model", "tiny"]
    ran = loaded(
        ["score", "the cat", *model],
        ["score", "the cat", "--format", "heat", *model],
        ["gen", "the", *model],
        ["activations", "the cat", *model],
        ["neurons", text, "--match", "cat|dog", *model],
        ["ablate", text, "--unit", "1:2", *model],
        ["nearest", text, "--text", "the", *model],
        ["why", "the cat", "--method", "integrated", *model],
        ["eval", text, *model],
        ["models"],
        ["show", "tiny"],
        ["tokenizers"],
        ["tokenize", "the cat", "--tokenizer", "word"],
    )
    heavy = {"torch", "prompt_toolkit"}
    assert not {line: modules & heavy for line, modules in ran.items() if modules & heavy}


def test_a_command_loads_no_other_command_and_nothing_it_does_not_use():
    tiny.write(paths.user_models() / "tiny")
    (modules,) = loaded(["score", "the cat", "--model", "tiny"]).values()
    others = {f"rnnrepl.commands.{name}" for name in commands.NAMES} - {"rnnrepl.commands.score"}
    parts = {"training", "importers", "generation", "sampling", "scoring.comparison"}
    parts |= {"grammar.help", "conversation.storage", "conversation.turns"}
    records = ("comparisons", "experiments", "inspection", "models", "samples", "steps")
    parts |= {f"results.{name}" for name in records}
    libraries = {"tomllib", "regex", "difflib", "hashlib", "shutil", "importlib.metadata"}
    libraries |= {"queue", "concurrent.futures"}
    assert not modules & (others | {f"rnnrepl.{part}" for part in parts} | libraries)


def test_the_list_of_commands_loads_none_of_the_prompt_and_nothing_that_one_does():
    (modules,) = loaded(["--help"]).values()
    at_prompt = {f"rnnrepl.commands.{name}" for name in set(commands.NAMES) - {*commands.SHELL}}
    parts = {"training.runs.events", "training.runs.curves", "model", "checkpoint"}
    parts |= {"conversation.storage", "scoring.comparison"}
    assert not modules & (at_prompt | {f"rnnrepl.{part}" for part in parts})
    assert not modules & {"tomllib", "difflib", "hashlib", "shutil", "signal", "threading"}
    records = {f"rnnrepl.results.{name}" for name in ("fields", "session", "turns")}
    assert {name for name in modules if name.startswith("rnnrepl.results.")} == records
    scoring = {name for name in modules if name.startswith("rnnrepl.scoring.")}
    assert scoring == {"rnnrepl.scoring.adaptation"} and "rnnrepl.conversation.tree" not in modules


def test_no_library_of_a_tokenizer_is_loaded_to_list_it():
    (modules,) = loaded(["tokenizers"]).values()
    assert not modules & {"tokenizers", "sentencepiece", "kiwipiepy", "torch"}


AT_PROMPT = """
import sys
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rnnrepl import commands
from rnnrepl.render import Screen
from rnnrepl.repl.completer import LineCompleter
from rnnrepl.repl.prompt import run_prompt
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings

session = Session("prompt", Settings(commands.settable()), "tiny")
with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
    pipe.send_text(":help\\r:score the cat\\rthe\\r:quit\\r")
    run_prompt(session, Screen())
for line in (":s", ":score --model ", ":gen --device ", ":set "):
    assert list(LineCompleter(session).get_completions(Document(line), CompleteEvent()))
assert session.conversation.at.read
assert "torch" not in sys.modules
"""


def test_the_prompt_runs_without_torch():
    tiny.write(paths.user_models() / "tiny")
    python(AT_PROMPT)


def test_data_for_programs_needs_no_rich():
    tiny.write(paths.user_models() / "tiny")
    score = ["score", "the", "--model", "tiny", "--format"]
    ran = loaded([*score, "json"], [*score, "tsv"], ["gen", "the", "--model", "tiny"])
    assert not [line for line, modules in ran.items() if "rich" in modules]
