"""The error class of the program, and the messages that several modules raise."""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_WORD = 30  # characters; what is longer is no word
FAILED = 1
USAGE = 2
INTERRUPTED = 130


class RnnreplError(Exception):
    """An error that the user can do something about.

    The message is one sentence, shown without a traceback. It names options as Python does, in
    backquotes: "`top_k` must be at least 0, not -1." `exit_code` is that of the process: 1 if the
    work failed, 2 for wrong usage. Any other exception is a bug of the program.
    """

    def __init__(self, message: str, *, exit_code: int = FAILED) -> None:
        super().__init__(one_line(message))
        self.exit_code = exit_code

    def naming(self, names: Mapping[str, str]) -> "RnnreplError":
        """Returns the error with options named as the user types them: {"top_k": "--top-k"}."""
        message = re.sub(r"`(\w+)`", lambda match: names.get(match[1], match[0]), str(self))
        return RnnreplError(message, exit_code=self.exit_code)

    def at(self, place: str) -> "RnnreplError":
        """Returns the error with the place where it happened before the message."""
        return RnnreplError(f"{place}: {self}", exit_code=self.exit_code)


def one_line(message: str) -> str:
    """Returns a message on one line and at most 400 characters long, cut in the middle.

    So whatever text a message quotes from a file or the command line, it cannot fill the screen.
    The program's own words are at the beginning and at the end.
    """
    head, tail = message[:250], message[250:]
    if len(tail) > 150:  # words are left whole, unless they are long
        tail = tail[-147:]
        head = head.rpartition(" ")[0] if " " in head[-_WORD:] else head
        tail = tail.partition(" ")[2] if " " in tail[:_WORD] else tail
        tail = f" … {tail}"
    return "⏎".join((head + tail).splitlines())


def usage(message: str) -> RnnreplError:
    """Returns an error for wrong usage (exit code 2)."""
    return RnnreplError(message, exit_code=USAGE)


def refused(error: OSError) -> RnnreplError:
    """Returns an error with the operating system's own message."""
    what = "" if error.filename is None else f" ({error.filename})"
    return RnnreplError(f"The system refused: {error.strerror or error}{what}.")


def not_installed(what: str, package: str, extra: str) -> RnnreplError:
    """Returns an error for a part of the program that needs an optional package."""
    marked = (command for file, command in _INSTALLERS.items() if Path(sys.prefix, file).exists())
    command = next(marked, "pip install")
    return RnnreplError(
        f"{what} needs {package}, which is not installed: {command} 'rnnrepl[{extra}]'."
    )


# The file with which a program marks an environment that it has made for one tool.
_INSTALLERS = {"uv-receipt.toml": "uv tool install", "pipx_metadata.json": "pipx install --force"}


def unknown(
    kind: str,
    name: str,
    known: Iterable[str],
    hint: str = "",
    *,
    listed: str = "",
    synonyms: Mapping[str, str] | None = None,
) -> RnnreplError:
    """Returns an error for an unknown name, with the closest known name (exit code 2).

    This is the synonym of the name; else the only known name that begins with it, or the shortest
    if it begins the others too; else the nearest; else all that begin with it, if they are few.
    `listed` says where the known names are listed, if they are too many for a message.
    """
    names = list(known)
    there_is = f"Available: {', '.join(names)}." if names else ""
    begun = sorted(other for other in names if name and other.startswith(name))
    stem = begun[0] if begun and all(other.startswith(begun[0]) for other in begun) else ""
    near = (synonyms or {}).get(name) or stem or nearest(name, names)
    meant = [near] if near else begun if len(begun) <= _MEANT else []
    advice = _meant(*meant) or listed or there_is
    return usage(" ".join(filter(None, [f"There is no {kind} '{name}'.", advice, hint])))


def not_among(name: str, value: str, choices: Iterable[str]) -> RnnreplError:
    """Returns an error for a value that is not one of the choices (exit code 2)."""
    *others, last = choices
    message = f"{name} must be {', '.join(others)} or {last}, not '{value}'."
    return usage(f"{message} {_meant(nearest(value, [*others, last]))}".rstrip())


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns the known name that differs by the fewest mistakes in typing, or "" if none is near.

    A mistake is a letter too many, missing, wrong, or exchanged with the next. A third of the
    letters may be wrong: one of 3 to 5, two of 6. Longer names may also lack their end. Capitals
    are no mistakes.
    """
    name = name[:_NAME].lower()
    allowed = max(len(name.lstrip("-")) // 3, 1) if len(name) > 2 else 0
    near = []
    for other in known:
        lower = other[: 2 * _NAME].lower()
        mistakes = _mistakes(name, lower)
        if len(name) > _SHORT:
            mistakes = min(mistakes, _mistakes(name, lower[: len(name) + 1]) + 1)
        if mistakes <= allowed:
            near.append((-mistakes, other))
    return max(near)[1] if near else ""


_SHORT = 5  # characters; the beginning of a short name says little
_MEANT = 2  # names that are suggested at most
_NAME = 100  # characters of a name that are compared


def _mistakes(first: str, second: str) -> int:
    """The optimal string alignment distance of two words."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first):
        above, row = row, [i + 1]
        for j, b in enumerate(second):
            row.append(min(above[j] + (a != b), above[j + 1] + 1, row[j] + 1))
            if i and j and a == second[j - 1] and b == first[i - 1]:
                row[-1] = min(row[-1], before[j - 1] + 1)
        before = above
    return row[-1]


def _meant(*names: str) -> str:
    quoted = [f"'{name}'" for name in names if name]
    return f"Did you mean {' or '.join(quoted)}?" if quoted else ""
