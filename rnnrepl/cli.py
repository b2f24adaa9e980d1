"""The program: from the words of a shell to an exit code, and what each mishap leaves behind."""

import os
import sys
from collections.abc import Sequence

from rnnrepl import __version__

CLOSED_PIPE = 141  # as for a program that SIGPIPE ended: 128 + 13


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

    `argv` are the words behind the program's name, those of the process where it is None.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if "--version" in words and words[0].startswith("-"):  # imports nothing, to be there at once
        sys.stdout.write(f"rnnrepl {__version__}\n")
        return 0
    for stream in (sys.stdout, sys.stderr):
        _speak_utf8(stream)
    return _run(words)


def _run(words: list[str]) -> int:
    from rnnrepl.errors import FAILED, INTERRUPTED, RnnreplError
    from rnnrepl.render import Screen

    screen = Screen()
    try:
        from rnnrepl.shell import run

        code = run(words, screen)
        screen.stdout.flush()
        return code
    except RnnreplError as error:
        screen.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the latter is what rich makes of a closed pipe
        _drop_stdout()
        return CLOSED_PIPE
    except OSError as error:
        _drop_stdout()
        screen.error(RnnreplError(f"The system refused: {error}."))
        return FAILED
    except Exception as error:
        screen.error(error)
        screen.notice("This is a bug in rnnrepl: please report it, with the lines above.")
        return FAILED


def _speak_utf8(stream: object) -> None:
    """Whatever the locale says: a model's text is Unicode, even a lone surrogate must not fail."""
    from io import TextIOWrapper

    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _drop_stdout() -> None:
    """Nobody reads on: what is still buffered must not fail once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
