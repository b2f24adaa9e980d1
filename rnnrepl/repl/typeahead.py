"""Keys that arrive early or in one go: typed while a command runs, or pasted line by line."""

import os
import sys
from asyncio import get_running_loop
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from prompt_toolkit.application import Application, get_app_session
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys


def translate_line_ends(keys: Input) -> None:
    """Makes a CRLF among keys that are read together one Enter.

    Terminals without bracketed paste send pasted text as keys.
    """
    read = keys.read_keys

    def read_keys() -> list[KeyPress]:
        pressed = read()
        crlf = (Keys.ControlM, Keys.ControlJ)
        return pressed[:1] + [
            key for before, key in pairwise(pressed) if (before.key, key.key) != crlf
        ]

    keys.read_keys = read_keys  # type: ignore[method-assign]


def keys_after_history(app: Application[Any]) -> None:
    """Lets keys that were read together with the previous line wait for the history.

    prompt_toolkit would press them before it loads the history, in which Ctrl-R searches.
    """
    keys = get_typeahead(app.input)

    def press() -> None:
        app.key_processor.feed_multiple(keys)
        app.key_processor.process_keys()

    if keys:
        app.current_buffer.load_history_if_not_yet_loaded()  # in a task, which comes first
        get_running_loop().call_soon(press)


@contextmanager
def keys_wait() -> Iterator[None]:
    """Context manager that turns the echo of the terminal off; Ctrl-C and Ctrl-Z still work."""
    try:
        fd = get_app_session().input.fileno()
    except (NotImplementedError, OSError):  # no terminal, or that of Windows
        fd = None
    if sys.platform == "win32" or fd is None or not os.isatty(fd):
        yield
    else:
        import termios

        before = termios.tcgetattr(fd)
        quiet = termios.tcgetattr(fd)
        quiet[0] &= ~termios.ICRNL  # Enter and Ctrl-D arrive as the keys that they are
        quiet[3] &= ~(termios.ECHO | termios.ICANON)
        quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 1, 0
        termios.tcsetattr(fd, termios.TCSANOW, quiet)
        try:
            yield
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, before)
