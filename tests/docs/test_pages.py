"""What the pages show can be typed: shell lines, prompt lines, Python, and links between files."""

import re
import shlex

import pytest

from rnnrepl import commands
from rnnrepl.grammar.parser import parse_line, parse_shell
from tests.docs.pages import PAGES, ROOT, every


def shell_lines():
    """Each line that starts rnnrepl, as its words after the program's name."""
    for page, code in every("sh"):
        for line in code.replace("\\\n", " ").splitlines():
            words = shlex.split(line)
            if words[0] != "rnnrepl" and "-m rnnrepl" not in line:
                continue
            end = next((n for n, word in enumerate(words) if word in (">", "|")), len(words))
            yield pytest.param(words[words.index("rnnrepl") + 1 : end], id=f"{page}: {line}")


def prompt_lines():
    for page, code in every(""):
        for line in re.findall(r"^> (:\w+.*?)(?:  .*)?$", code, re.MULTILINE):
            yield pytest.param(line, id=f"{page}: {line}")


SHELL_LINES, PROMPT_LINES, PYTHON = list(shell_lines()), list(prompt_lines()), every("python")


@pytest.mark.parametrize("words", SHELL_LINES)
def test_a_shell_line_is_understood(words):
    parse_shell(commands.find(words[0]), words[1:])


@pytest.mark.parametrize("line", PROMPT_LINES)
def test_a_prompt_line_is_understood(line):
    name, rest = line[1:].partition(" ")[::2]
    parse_line(commands.find(name), f" {rest}")


@pytest.mark.parametrize(("page", "code"), PYTHON, ids=[page for page, _ in PYTHON])
def test_python_compiles_and_runs_where_it_needs_nothing_else(page, code, capsys):
    compiled = compile(code, page, "exec")
    if code.startswith("import rnnrepl\n"):
        exec(compiled, {"__name__": "__main__"})
        out, err = capsys.readouterr()
        assert out and not err


@pytest.mark.parametrize("page", PAGES)
def test_links_between_files_lead_to_files(page):
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", PAGES[page])
    generated = {"commands.md"}
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert set(missing) <= generated


def test_shell_lines_and_prompt_lines_were_found():
    assert len(SHELL_LINES) > 30 and len(PROMPT_LINES) > 30
