"""The commands, in the order of help; one file each, imported when it is first needed."""

from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

from rnnrepl.errors import unknown
from rnnrepl.grammar import Command, Door
from rnnrepl.manual import manual
from rnnrepl.render import Screen
from rnnrepl.session import Session

NAMES = (
    "score",
    "next",
    "compare",
    "eval",
    "gen",
    "sampler",
    "train",
    "runs",
    "watch",
    "stop",
    "plot",
    "import",
    "convert",
    "models",
    "show",
    "tokenizers",
    "tokenize",
    "check",
    "load",
    "reset",
    "more",
    "retry",
    "undo",
    "redo",
    "back",
    "branch",
    "tree",
    "goto",
    "mark",
    "pick",
    "edit",
    "save",
    "open",
    "export",
    "set",
    "help",
    "quit",
)


def find(name: str) -> Command:
    """The command of this name; raises RnnreplError where there is none."""
    if name not in NAMES:
        raise unknown("command", name, NAMES)
    python = f"{name}_" if iskeyword(name) else name
    found = getattr(import_module(f"rnnrepl.commands.{python}"), python)
    assert isinstance(found, Command)
    return found


def every(door: Door | None = None) -> list[Command]:
    """All commands, or those that a door has."""
    return [c for c in map(find, NAMES) if door is None or door in c.doors]


def run(command: Command, given: Mapping[str, Any], session: Session, screen: Screen) -> None:
    """Runs a command with what was given, the settings for the rest, and shows what it returns."""
    values = session.settings.complete(command, given)
    if values["help"]:
        screen.write(manual(command, session.door))
        return
    heat = values.get("heat", "surprisal")
    screen = Screen(values["color"], screen.stdout, screen.stderr, heat)
    usual = command.formats[0] if screen.stdout.isatty() else command.piped
    screen.show(command.records(session, values), values.get("format") or usual)
