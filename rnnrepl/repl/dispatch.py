"""Runs one line of input."""

import re

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.errors import usage
from rnnrepl.grammar import Command
from rnnrepl.grammar.parser import Values, parse_line, split_command
from rnnrepl.render import Screen
from rnnrepl.repl.hints import check_arguments, find, hint, trailing_option
from rnnrepl.repl.interrupts import Terminated

_PROMPT = "> "
_COMMAND = re.compile(r"(?:> )?:")
_DASHES = re.compile(r"\s--(?!\S)")  # the user knows that what follows is part of the text


def execute(line: str, session: Session, screen: Screen) -> bool:
    """Runs a line and returns whether it succeeded; errors are shown, not raised.

    Several lines that were pasted at once run one by one, if the first is a command, up to one that
    fails or ends the session. KeyboardInterrupt, BrokenPipeError and Terminated are raised: they
    end more than this line.
    """
    return all(session.over or _succeeds(part, session, screen) for part in _typed(line))


def _typed(line: str) -> list[str]:
    """The lines of a pasted block that begins with a command, else the line itself.

    They may be copied with the `> ` of a prompt before them. If no other line has this or is a
    command, they are one command whose text has line breaks.
    """
    parts = [part for part in line.split("\n") if part.strip() not in ("", ">")]
    if not parts or not _COMMAND.match(parts[0]):
        return [line]
    marks = (_PROMPT, ":") if parts[0].startswith(_PROMPT) else (f"{_PROMPT}:", ":")
    block = any(part.startswith(marks) for part in parts[1:])
    return [part.removeprefix(_PROMPT) for part in (parts if block else [line])]


def _succeeds(line: str, session: Session, screen: Screen) -> bool:
    try:
        _run(line, session, screen)
    except (BrokenPipeError, KeyboardInterrupt, Terminated):
        raise
    except BaseException as error:  # neither a bug nor a plugin that exits may end the session
        screen.error(error)
        return False
    return True


def _run(line: str, session: Session, screen: Screen) -> None:
    if notice := session.renew():
        screen.notice(notice.text)
    plain = commands.find("say" if session.chat else "gen")  # what a line without a colon is
    if advice := hint(line, plain):
        screen.notice(advice)
        return
    if not line.startswith(":"):
        commands.run(plain, {plain.arguments[0].name: line}, session, screen)
        return
    name, rest = split_command(line)
    if not name:
        raise usage("No command after the colon; :help lists the commands.")
    command = find(name, rest, session)
    check_arguments(command, rest, session)
    given = parse_line(command, rest)
    if (
        command.free_text
        and not _DASHES.search(rest)
        and (advice := trailing_option(command, _text(command, given)))
    ):
        screen.notice(advice)
    commands.run(command, given, session, screen)


def _text(command: Command, given: Values) -> str:
    """The free text of a line, which is the value of its last argument."""
    value = given.get(command.arguments[-1].name, "")
    return value if isinstance(value, str) else " ".join(value)
