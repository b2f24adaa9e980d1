"""Errors shown to the user: one sentence on what is wrong and what to do."""

from collections.abc import Iterable

FAILED = 1
USAGE = 2
INTERRUPTED = 130


class RnnreplError(Exception):
    """An error that the user can fix; any other exception is a bug.

    The message is shown without a traceback. `exit_code` is that of the shell command: 1 for a
    failure, 2 for wrong usage.
    """

    def __init__(self, message: str, *, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def usage(message: str) -> RnnreplError:
    """Returns the error for wrong usage (exit code 2)."""
    return RnnreplError(message, exit_code=USAGE)


def refused(error: OSError) -> RnnreplError:
    """Returns the error for an operation that the system refused."""
    what = "" if error.filename is None else f" ({error.filename})"
    return RnnreplError(f"The system refused: {error.strerror or error}{what}.")


def unknown(
    kind: str, name: str, known: Iterable[str], hint: str = "", *, listed: str = ""
) -> RnnreplError:
    """Returns the error for an unknown name (exit code 2), with the nearest or all known names.

    `listed` says where the known names are listed, if there are too many for a message.
    """
    names = list(known)
    there_is = f"There is: {', '.join(names)}." if names else ""
    advice = _meant(nearest(name, names)) or listed or there_is
    return usage(" ".join(filter(None, [f"There is no {kind} '{name}'.", advice, hint])))


def not_among(name: str, value: str, choices: Iterable[str]) -> RnnreplError:
    """Returns the error for a value that is not one of the choices (exit code 2)."""
    *others, last = choices
    message = f"{name} is {', '.join(others)} or {last}, not '{value}'."
    return usage(f"{message} {_meant(nearest(value, [*others, last]))}".rstrip())


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """Returns the most similar known name, "" if no similarity reaches `alike` (0 to 1)."""
    from difflib import get_close_matches  # slow to import

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=alike)), "")


def _meant(name: str) -> str:
    return f"Did you mean '{name}'?" if name else ""
