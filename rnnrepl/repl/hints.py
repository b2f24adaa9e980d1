"""Hints for lines that are probably not meant as they are typed."""

import re
from itertools import islice

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.grammar import Command, Kind
from rnnrepl.repl.completions import values

_LISTED = 20  # names in one message
# What other programs call their help and their ways out.
_HELP = ("help", "?", "help()")
_QUIT = ("exit", "quit", "exit()", "quit()")
_USES = {"gen": "continue this as a text", "say": "say this"}


def hint(line: str, text: Command) -> str:
    """A hint for a line that is a command without its colon; empty for what `text` takes."""
    word = line.strip()
    marked = word.startswith(("/", "rnnrepl "))
    name, *_ = word.removeprefix("/").removeprefix("rnnrepl ").split(maxsplit=1) or [""]
    if word in _HELP:
        way = ":help lists the commands"
    elif word in _QUIT:
        way = ":quit or Ctrl-D leaves"
    elif marked and (name in commands.NAMES or name in commands.ALIASES):
        way = f"commands begin with a colon, as in :{name}"
    else:
        return ""
    return f"{way[0].upper()}{way[1:]}. To {_USES[text.name]}, type :{text.name} {word}"


def find(name: str, rest: str, session: Session) -> Command:
    """The command of this name; raises RnnreplError, also for the name of a setting."""
    try:
        return commands.find(name)
    except RnnreplError:
        if name.replace("-", "_") not in {setting.name for setting in session.settings}:
            raise
    raise usage(f"'{name}' is not a command but a setting: type :set {name}{rest.rstrip()}.")


def trailing_option(command: Command, text: str) -> str:
    """A notice about an option of the command in free text; empty if there is none."""
    flags = {flag for option in command.options for flag in option.flags}
    words = [word.partition("=")[0] for word in re.findall(r"(?<!\S)--[a-z]\S*", text)]
    flag = next((word for word in words if word in flags), "")
    if not flag:
        return ""
    example = f":{command.name} {flag} ... TEXT"
    return f"{flag} is part of the text here; options come before it: {example}"


def check_arguments(command: Command, rest: str, session: Session) -> None:
    """Raises RnnreplError with what there is, if a command comes without its argument."""
    required = [argument for argument in command.arguments if argument.required]
    if rest.strip() or not required or required[0].kind is Kind.NEW_FILE:
        return
    names = [name for name, _ in islice(values(required[0], "", (), session), _LISTED + 1)]
    if names:
        more = ", ..." if len(names) > _LISTED else ""
        listed = ", ".join(names[:_LISTED])
        raise usage(f":{command.name} needs {required[0].typed}. Available: {listed}{more}.")
