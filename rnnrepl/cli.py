"""The command line: parses the arguments, runs a command or the prompt, returns the exit code."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rnnrepl import __version__
from rnnrepl.errors import FAILED, INTERRUPTED, unknown, usage

if TYPE_CHECKING:
    from rnnrepl.app.session import Session
    from rnnrepl.app.settings import Settings
    from rnnrepl.render import Screen

OBJECTS = 50_000  # new ones between two searches for garbage: hardly any is made at the start
_OPTIONS = ("--color", "--help", "--version")  # without a command
CLOSED_PIPE = 141  # as of a process that SIGPIPE ended: 128 + 13


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program with the arguments `argv` (default: sys.argv[1:]); returns its exit code.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 output pipe closed.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)  # the end of the process need not search for garbage either
    _open_streams()
    screen = None
    try:
        if "--version" in words and words[0].startswith("-"):  # before any import
            sys.stdout.write(f"rnnrepl {__version__}\n")
            code = 0
        elif words[:1] == ["__complete"]:  # from the script of `rnnrepl completion`
            code = _complete(*words[1:3])
        else:
            from rnnrepl.render import Screen

            screen = Screen()
            code = run(words, screen)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop(sys.stdout)
        return CLOSED_PIPE
    except BaseException as error:  # a plugin may even call sys.exit
        _report(error, screen)
        return getattr(error, "exit_code", FAILED)


def _complete(shell: str = "", line: str = "") -> int:
    from rnnrepl.repl.shell_completion import candidates

    with redirect_stdout(sys.stderr):  # of plugins
        lines = "".join(f"{candidate}\n" for candidate in candidates(shell, line))
    sys.stdout.write(lines)
    return 0


def run(words: list[str], screen: "Screen") -> int:
    """Runs one command, or opens the prompt; returns the exit code. Raises RnnreplError."""
    from rnnrepl import commands
    from rnnrepl.app.session import Session
    from rnnrepl.app.settings import Settings
    from rnnrepl.grammar.definition import SHARED
    from rnnrepl.grammar.parser import parse_shell, take

    given, words = take(SHARED["color"], words)
    screen.color = given.get("color", screen.color)  # also for error messages
    first, rest = (words[0], words[1:]) if words else ("", [])
    if first in ("-h", "--help"):
        screen.write(commands.overview("shell"))
        return 0
    settings = Settings(commands.settable())
    if first in commands.SHELL:
        command = commands.find(first)
        given |= parse_shell(command, rest)
        if command.name != "help" and not given.keys() & {"help", "help_all"}:  # need no settings
            _read_settings(settings, screen)
        session = Session("shell", settings)
        if sys.stdin.isatty() and sys.stderr.isatty():
            session.confirm = screen.confirm
        with redirect_stdout(sys.stderr):  # what a plugin prints must not get into the data
            commands.run(command, given, session, screen)
        return _open_prompt(session, screen) if session.tour else 0
    _read_settings(settings, screen)
    settings.update(given, "--color")
    return _prompt(words, settings, screen)


def _read_settings(settings: "Settings", screen: "Screen") -> None:
    from rnnrepl.app.settings import config_file

    for notice in settings.read(config_file()):
        screen.notice(notice.text)


def _prompt(words: list[str], settings: "Settings", screen: "Screen") -> int:
    from rnnrepl.app.session import Session

    name = words[0] if words else None
    if name is not None:
        _check_model(name)
    if rest := words[1:]:
        raise usage(f"Unexpected argument '{rest[0]}': 'rnnrepl {name}' opens the prompt.")
    return _open_prompt(Session("prompt", settings, name), screen)


def _open_prompt(session: "Session", screen: "Screen") -> int:
    from rnnrepl.repl import run  # imports prompt_toolkit

    session.interface = "prompt"
    return run(session, screen)


def _check_model(name: str) -> None:
    """Raises RnnreplError if the first word is neither a command nor a model.

    A path must lead to a model; a name may be of a broken one, as the prompt can load another.
    """
    from rnnrepl import commands

    if name.startswith("-"):
        raise unknown("option", name, _OPTIONS)
    if name in commands.NAMES:
        raise usage(f"'{name}' is a command of the prompt. Type 'rnnrepl', then ':{name}'.")
    from rnnrepl.checkpoint.folder import read_card
    from rnnrepl.checkpoint.hub import PREFIX
    from rnnrepl.checkpoint.registry import AT_LAST, resolve
    from rnnrepl.files.model_folders import names

    known, plain = names(), name.removesuffix(AT_LAST)
    if name.startswith(PREFIX) or plain in known:
        return
    if not Path(plain).exists():
        listed = "'rnnrepl --help' lists the commands, 'rnnrepl models' the models."
        choices, synonyms = [*commands.SHELL, *_OPTIONS, *known], commands.SYNONYMS
        raise unknown("command or model", name, choices, listed=listed, synonyms=synonyms)
    read_card(resolve(name)[0])


def _open_streams() -> None:
    """Opens standard streams that the shell has closed, and sets UTF-8 whatever the locale.

    The text of a model is Unicode; even a lone surrogate can be written.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _report(error: BaseException, screen: "Screen | None") -> None:
    """Shows an error, if a stream can still be written to: they may be files on a full disk."""
    from rnnrepl.render import Screen

    screen = screen or Screen()
    for stream in (sys.stdout, sys.stderr):
        try:
            return screen.error(error)
        except OSError:
            _drop(stream)


def _drop(stream: TextIO) -> None:
    """Discards the buffer of a closed stream, so that Python's exit does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
