"""README says what is true: the commands, the tree, and the code it shows."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rnnrepl
from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.checkpoint import registry
from rnnrepl.files import paths
from rnnrepl.grammar.parser import parse_line, parse_shell
from tests import tiny

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = README + (ROOT / "docs" / "sampling.md").read_text(encoding="utf-8")


def blocks(language, page=README):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def section(title):
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    return found[1]


def caption(path):
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).split("\n")[0]


def test_the_table_lists_every_command_with_its_summary():
    rows = re.findall(r"^\| `(:?\w+)` \| (.*) \|$", section("Commands"), re.MULTILINE)
    expected = [
        (command.name if command.name in commands.SHELL else f":{command.name}", command.summary)
        for command in commands.every()
    ]
    assert rows == expected


def test_the_tree_is_the_tree_and_its_captions_are_the_modules_own():
    (tree,) = blocks("", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    shown, folders = {}, [Path()]
    for line in tree.splitlines():
        indent, name, text = re.fullmatch(r"( *)(\S+) *(.*)", line).groups()
        folder = folders[: len(indent) // 2 + 1][-1]
        shown[(folder / name).as_posix()] = text
        if name.endswith("/"):
            folders[len(indent) // 2 + 1 :] = [folder / name]
    files = [*(ROOT / "rnnrepl").rglob("*.py"), *(ROOT / "plugins").glob("*.py")]
    expected = {}
    for path in files:
        place = path.relative_to(ROOT)
        if place.parent.name == "commands" and path.stem != "__init__":
            continue  # they are the table of commands
        place = place.parent if path.stem == "__init__" else place
        expected[place.as_posix()] = caption(path)
    modules = {name: text for name, text in shown.items() if name in expected}
    assert modules == expected
    others = [ROOT / name for name in shown.keys() - expected.keys()]
    assert all(path.is_dir() for path in others) and len(others) == 5


def test_the_tokenizer_shown_is_the_one_of_the_plugin_page():
    (code,) = blocks("python", section("Write a tokenizer"))
    page = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    assert code in blocks("python", page)  # which is installed and checked by test_discovery


def test_the_command_shown_works_at_both_doors(tmp_path):
    (code,) = blocks("python", section("Add a command"))
    room: dict = {}
    exec(code, room)
    count = room["count"]
    tiny.write(paths.user_models() / "mine")
    session = Session("shell", Settings(commands.settable()), "mine")
    for given in (parse_shell(count, ["the  cat"]), parse_line(count, " the  cat")):
        (found,) = count.records(session, session.settings.complete(count, given))
        assert found.count == 8


def test_the_python_shown_runs():
    code = next(block for block in blocks("python") if "rnnrepl.load" in block)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("line", re.findall(r"^rnnrepl (.*)$", PAGES, re.MULTILINE))
def test_the_shell_lines_shown_are_understood(line):
    import shlex

    name, *words = shlex.split(line.split(">")[0])
    parse_shell(commands.find(name), words)


@pytest.mark.parametrize("line", re.findall(r"^> (:\w+.*?)(?:  .*)?$", README, re.MULTILINE))
def test_the_prompt_lines_shown_are_understood(line):
    name, rest = line[1:].partition(" ")[::2]
    parse_line(commands.find(name), f" {rest}")


def test_the_figures_of_the_shipped_models_are_those_of_their_cards():
    rows = re.findall(r"^\| `(shakespeare-\w+)` \|(.*)\|$", README, re.MULTILINE)
    assert [name for name, _ in rows] == ["shakespeare-char", "shakespeare-word"]
    for name, row in rows:
        folder, _ = registry.locate(name)
        figures = json.loads((folder / "model.json").read_text(encoding="utf-8"))["figures"]
        assert f" {figures['bits_per_char']:.3f} " in row
        assert f" {figures['nats_per_token']:.3f} " in row
        assert f" {figures['perplexity']:.2f} " in row


def test_the_changelog_knows_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {rnnrepl.__version__}" in changelog
