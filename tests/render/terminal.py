"""A terminal for tests: a stream that says it is one, and what a person would then see."""

from io import StringIO

import pyte


class Terminal(StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def seen(output: str, columns: int = 80, lines: int = 24) -> pyte.Screen:
    """The screen after some output; `.display` holds its lines, `.buffer` its styled characters."""
    screen = pyte.Screen(columns, lines)
    stream = pyte.Stream(screen)
    stream.feed(output.replace("\n", "\r\n"))
    return screen


def shown(output: str, columns: int = 80, lines: int = 24) -> list[str]:
    """The lines that are not blank, without the blanks at their ends."""
    return [line.rstrip() for line in seen(output, columns, lines).display if line.strip()]
