"""The program: from the words of a shell to an exit code, and what each mishap leaves behind."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from rnnrepl import __version__
from rnnrepl.errors import FAILED, INTERRUPTED

if TYPE_CHECKING:
    from rnnrepl.render import Screen

CLOSED_PIPE = 141  # as for a program that SIGPIPE ended: 128 + 13


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code.

    It is 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 left by the reader of its output.
    `argv` are the words behind the program's name, those of the process where it is None.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    screen = None
    try:
        if "--version" in words and words[0].startswith("-"):  # at once: nothing is imported
            sys.stdout.write(f"rnnrepl {__version__}\n")
            code = 0
        else:
            from rnnrepl.render import Screen
            from rnnrepl.shell import run

            screen = Screen()
            code = run(words, screen)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop(sys.stdout)
        return CLOSED_PIPE
    except (Exception, SystemExit) as error:  # a plugin may do anything, even leave
        _tell(error, screen)
        return getattr(error, "exit_code", FAILED)


def _open_streams() -> None:
    """Three streams, whatever the shell has closed, and in UTF-8, whatever the locale says.

    A model's text is Unicode; even a lone surrogate must not fail.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _tell(error: BaseException, screen: "Screen | None") -> None:
    """Says what went wrong, if there is anywhere to say it: a full disk may hold the streams."""
    from rnnrepl.render import Screen

    screen = screen or Screen()
    for stream in (sys.stdout, sys.stderr):
        try:
            return screen.error(error)
        except OSError:
            _drop(stream)


def _drop(stream: TextIO) -> None:
    """Nobody takes it: what is still buffered must not fail once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
