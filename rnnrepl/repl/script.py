"""Lines from a pipe or a file: run one by one, without a prompt."""

from collections.abc import Iterable
from typing import Any, TextIO, cast

from rnnrepl.app.session import Session
from rnnrepl.errors import FAILED
from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import obey


def play(lines: Iterable[str], session: Session, screen: Screen) -> int:
    """Runs every line that is not blank, up to `:quit`; the exit code is 1 if one failed."""
    stdout = _Lines(screen.stdout)
    screen = Screen(screen.color, cast(TextIO, stdout), screen.stderr, door=session.door)
    failed = False
    for line in filter(str.strip, lines):
        failed |= not obey(line, session, screen)
        stdout.end_line()
        if session.over:
            break
    return FAILED if failed else 0


class _Lines:
    """A stream on which the output of one line ends before that of the next begins."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = "\n"

    def write(self, text: str) -> int:
        self._last = text[-1:] or self._last
        return self._stream.write(text)

    def end_line(self) -> None:
        if self._last != "\n":
            self.write("\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
