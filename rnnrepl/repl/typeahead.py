"""Keys that are typed while a command runs: they wait for the prompt and are not echoed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from prompt_toolkit.application import get_app_session


@contextmanager
def keys_wait() -> Iterator[None]:
    """Context manager that turns the echo of the terminal off; Ctrl-C and Ctrl-Z still work."""
    try:
        import termios

        fd = get_app_session().input.fileno()
    except (ImportError, NotImplementedError, OSError):  # Windows, or no terminal
        yield
        return
    if not os.isatty(fd):
        yield
        return
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
