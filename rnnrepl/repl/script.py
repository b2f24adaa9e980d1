"""Runs lines from a pipe or a file without a prompt."""

from collections.abc import Iterable, Iterator
from typing import Any, TextIO, cast

from rnnrepl.app.session import Session
from rnnrepl.errors import FAILED
from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import execute


def run_script(lines: Iterable[str], session: Session, screen: Screen) -> int:
    """Runs every line that is not blank, up to `:quit`; the exit code is 1 if any failed.

    The steps of a tour run where it begins.
    """
    stdout = _LineStream(screen.stdout)
    screen = Screen(screen.color, cast(TextIO, stdout), screen.stderr, interface=session.interface)
    failed, typed = False, filter(str.strip, lines)
    while not session.over and (line := _next(session, typed, screen)):
        failed |= not execute(line, session, screen)
        stdout.end_line()
    return FAILED if failed else 0


def _next(session: Session, lines: Iterator[str], screen: Screen) -> str | None:
    """The next step of a tour, whose sentence is shown, else the next line."""
    if over := session.end_tour():
        screen.notice(over.text)
    if not session.tour:
        return next(lines, None)
    step = session.tour.pop(0)
    screen.write(f"\n{step.text}\n\n> {step.line}\n")
    return step.line


class _LineStream:
    """A stream that can end an unfinished line."""

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
