"""The page on architecture: its tree, the files it names, and the command that it defines."""

import ast
import re

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.files import paths
from rnnrepl.grammar.parser import parse_line, parse_shell
from tests import tiny
from tests.docs.pages import PAGES, ROOT, blocks

PAGE = PAGES["docs/architecture.md"]


def caption(path):
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).split("\n")[0]


def shown_tree():
    """The captions in the tree, by path."""
    (tree,) = blocks("", PAGE)
    captions, folders = {}, [ROOT.relative_to(ROOT)]
    for line in tree.splitlines():
        indent, name, text = re.fullmatch(r"( *)(\S+) *(.*)", line).groups()
        depth = len(indent) // 2 + 1
        folder = folders[:depth][-1]
        captions[(folder / name).as_posix()] = text
        if name.endswith("/"):
            folders[depth:] = [folder / name]
    return captions


def test_the_tree_lists_every_module_with_its_caption():
    shown, modules = shown_tree(), {}
    for path in [*(ROOT / "rnnrepl").rglob("*.py"), *(ROOT / "plugins").glob("*.py")]:
        place = path.relative_to(ROOT)
        if place.parent.name == "commands" and path.stem != "__init__":
            continue  # the page of commands lists these
        place = place.parent if path.stem == "__init__" else place
        modules[place.as_posix()] = caption(path)
    assert {name: text for name, text in shown.items() if name in modules} == modules
    others = [ROOT / name for name in shown.keys() - modules.keys()]
    assert all(path.is_dir() for path in others) and len(others) == 5


def test_every_file_that_the_page_names_exists():
    names = re.findall(r"`((?:rnnrepl|tests|render|results|sampling|rnn)/[\w./]*)`", PAGE)
    missing = [n for n in names if not (ROOT / n).exists() and not (ROOT / "rnnrepl" / n).exists()]
    assert len(names) > 15 and not missing


def test_the_command_it_defines_works_in_the_shell_and_at_the_prompt():
    (code,) = blocks("python", PAGE)
    namespace: dict = {}
    exec(code, namespace)
    count = namespace["count"]
    tiny.write(paths.user_models() / "mine")
    session = Session("shell", Settings(commands.settable()), "mine")
    for given in (parse_shell(count, ["the  cat"]), parse_line(count, " the  cat")):
        (tokenization,) = count.records(session, session.settings.complete(count, given))
        assert tokenization.count == 8
