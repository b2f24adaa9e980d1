"""The commands, in the order of help; one file each, imported when it is first needed.

Those of SHELL work at both doors, the others at the prompt alone.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

from rnnrepl.app.session import Session
from rnnrepl.errors import unknown
from rnnrepl.grammar import Command
from rnnrepl.grammar.wording import Door
from rnnrepl.render import Screen

SHELL = (
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
)
NAMES = (
    *SHELL,
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

# Between them these have every option that is a setting.
_SETTABLE = ("score", "gen")


def find(name: str) -> Command:
    """The command of this name; raises RnnreplError where there is none."""
    if name not in NAMES:
        raise unknown("command", name, NAMES)
    python = f"{name}_" if iskeyword(name) else name
    found = getattr(import_module(f"rnnrepl.commands.{python}"), python)
    assert isinstance(found, Command)
    return found


def every(door: Door = "prompt") -> list[Command]:
    """The commands that a door has; the prompt has all."""
    return [find(name) for name in (SHELL if door == "shell" else NAMES)]


def settable() -> Iterator[Command]:
    """Commands that between them have every setting, each imported when it is asked for."""
    return map(find, _SETTABLE)


def run(command: Command, given: Mapping[str, Any], session: Session, screen: Screen) -> None:
    """Runs a command with what was given, the settings for the rest, and shows what it returns."""
    values = session.settings.complete(command, given)
    if values["help"]:
        from rnnrepl.grammar.help import manual

        screen.write(manual(command, session.door))
        return
    heat = values.get("heat", "surprisal")
    screen = Screen(values["color"], screen.stdout, screen.stderr, heat, session.door)
    usual = command.formats[0] if screen.stdout.isatty() else command.piped
    screen.show(command.records(session, values), values.get("format") or usual)
