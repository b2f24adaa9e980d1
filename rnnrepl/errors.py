"""What went wrong, in one sentence that says what to do."""

from collections.abc import Iterable
from difflib import get_close_matches

FAILED = 1
USAGE = 2
INTERRUPTED = 130


class RnnreplError(Exception):
    """A mistake or mishap that the person at the keyboard can do something about.

    The message is one sentence and is shown as it stands, without a traceback. `exit_code` is what
    the shell gets: 1 where the work failed, 2 where the command was used wrongly. Anything else
    that is raised is a bug of ours.
    """

    def __init__(self, message: str, *, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def usage(message: str) -> RnnreplError:
    """The error for a command used wrongly (exit code 2)."""
    return RnnreplError(message, exit_code=USAGE)


def unknown(kind: str, name: str, known: Iterable[str], hint: str = "") -> RnnreplError:
    """The error for a name that means nothing here (exit code 2): what did they mean?"""
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        advice = f"Did you mean '{close[0]}'?"
    elif names:
        advice = f"There is: {', '.join(names)}."
    else:
        advice = "There is none."
    return usage(" ".join(filter(None, [f"There is no {kind} '{name}'.", advice, hint])))
