"""Runs the prompt lines that pages show, and writes the screens below them.

    python docs/screens.py PAGE ... [--train]

In a code block without a language that begins with "> ", each line with this mark is typed at the
prompt, and the lines up to the next one are its screen, at 80 columns and without color. All blocks
of a page are one session in a new home folder with the texts of docs/. Its `:train` lines run only
with --train, which keeps their models and screens; without it, the kept models are used.
"""

import os
import re
import shutil
import sys
import tempfile
from contextlib import chdir
from io import StringIO
from pathlib import Path
from unittest import mock

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import execute

DOCS = Path(__file__).parent
TRAINED = DOCS.parent / "tests" / "docs" / "trained"
KEPT = ("model.json", "tokenizer.json", "weights.safetensors", "training/events.jsonl")
_BLOCK = re.compile(r"(?<=^```\n)> .*?(?=^```$)", re.DOTALL | re.MULTILINE)


class Terminal(StringIO):
    """What a terminal shows: the data, and notices, which begin on a line of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.notices = mock.Mock(StringIO, write=self._notice, isatty=lambda: False)

    def _notice(self, text: str) -> None:
        if text != "\n" and not self.getvalue().endswith("\n"):
            self.write("\n")
        self.write(text)


def parts(page: str) -> list[tuple[str, str]]:
    """Returns the lines that a page types at the prompt, each with its screen."""
    return [part for block in _BLOCK.findall(page) for part in _parts(block)]


def _parts(block: str) -> list[tuple[str, str]]:
    typed = re.split(r"^> ", block, flags=re.MULTILINE)[1:]
    return [(line, shown.strip("\n")) for line, _, shown in (t.partition("\n") for t in typed)]


def run(line: str, session: Session) -> str:
    """Runs a line, and returns what the terminal shows, without blanks at the ends of lines."""
    terminal = Terminal()
    execute(line, session, Screen("never", terminal, terminal.notices, interface="prompt"))
    return "\n".join(row.rstrip() for row in terminal.getvalue().strip("\n").splitlines())


def with_screens(page: str, home: Path, *, train: bool = False) -> str:
    """Returns a page with the screens that its lines show now."""
    session = Session("prompt", Settings(commands.settable()))

    def screen(line: str, shown: str) -> str:
        if not line.startswith(":train "):
            return run(line, session)
        if not train:
            return shown
        rows = run(line, session).splitlines()
        start, end = (row for row in rows if re.match(r"training |\S+: done", row))
        name = re.search(r"--out (\S+)", line)[1]
        (TRAINED / name / "training").mkdir(parents=True, exist_ok=True)
        for file in KEPT:
            shutil.copy(Path(name, file), TRAINED / name / file)
        return f"{start}\n...\n{end}"

    def block(match: re.Match[str]) -> str:
        shown = [f"> {line}\n{screen(line, old)}".strip("\n") for line, old in _parts(match[0])]
        return "\n\n".join(shown) + "\n"

    environment = {"RNNREPL_HOME": str(home), "COLUMNS": "80"}
    with chdir(home), mock.patch.dict(os.environ, environment):
        for text in DOCS.glob("*.txt"):
            shutil.copy(text, home)
        if not train:
            shutil.copytree(TRAINED, home, dirs_exist_ok=True)
        return _BLOCK.sub(block, page)


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--train"]
    for name in names:
        path = Path(name).resolve()
        with tempfile.TemporaryDirectory() as folder:
            page = path.read_text(encoding="utf-8")
            page = with_screens(page, Path(folder), train="--train" in sys.argv)
        path.write_text(page, encoding="utf-8")
