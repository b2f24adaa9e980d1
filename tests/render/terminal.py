"""A fake terminal: a stream whose isatty() is true, and the screen that its output draws."""

from io import StringIO

import pyte


class Terminal(StringIO):
    """A stream whose isatty() is true."""

    def isatty(self) -> bool:
        return True


def screen_of(output: str, columns: int = 80, lines: int = 24) -> pyte.Screen:
    """The screen after some output; `.display` holds its lines, `.buffer` its styled characters."""
    screen = pyte.Screen(columns, lines)
    stream = pyte.Stream(screen)
    stream.feed(output.replace("\n", "\r\n"))
    return screen


def shown(output: str, columns: int = 80, lines: int = 24) -> list[str]:
    """The lines that are not blank, without trailing spaces."""
    return [line.rstrip() for line in screen_of(output, columns, lines).display if line.strip()]
