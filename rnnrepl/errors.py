"""What went wrong, in one sentence that says what to do."""

from collections.abc import Iterable

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


def refused(error: OSError) -> RnnreplError:
    """The error for what the operating system does not let us do, in its words."""
    what = "" if error.filename is None else f" ({error.filename})"
    return RnnreplError(f"The system refused: {error.strerror or error}{what}.")


def unknown(
    kind: str, name: str, known: Iterable[str], hint: str = "", *, listed: str = ""
) -> RnnreplError:
    """The error for a name that means nothing here (exit code 2): what did they mean?

    `listed` says where the known names can be seen, if they are too many for a message.
    """
    names = list(known)
    there_is = f"There is: {', '.join(names)}." if names else ""
    advice = _meant(nearest(name, names)) or listed or there_is
    return usage(" ".join(filter(None, [f"There is no {kind} '{name}'.", advice, hint])))


def not_among(name: str, value: str, choices: Iterable[str]) -> RnnreplError:
    """The error for a value that is none of those to choose from (exit code 2)."""
    *others, last = choices
    message = f"{name} is {', '.join(others)} or {last}, not '{value}'."
    return usage(f"{message} {_meant(nearest(value, [*others, last]))}".rstrip())


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """Of the known names the one most like this; empty where none is alike, from 0 to 1."""
    from difflib import get_close_matches  # only now: every start would pay for it

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=alike)), "")


def _meant(name: str) -> str:
    return f"Did you mean '{name}'?" if name else ""
