"""A training run as it goes on: a panel on a terminal, a log line an evaluation elsewhere."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING, TextIO

from rnnrepl.render.training.summary import Run
from rnnrepl.training.runs.events import RunGrown, RunHalved, RunRewound

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

PAUSE = 0.05  # seconds between two pictures of the panel, at least


def live(records: Iterable[object], screen: "Screen") -> None:
    """Follows the events of a run, on stderr."""
    run = Run()
    if screen.stderr.isatty() and screen.styled(screen.stderr):
        with _no_echo(screen.stderr):
            _in_panel(iter(records), run, screen)
        return
    for event in records:
        run.add(event)
        if line := run.line(event):
            screen.notice(line)


def _in_panel(events: Iterator[object], run: Run, screen: "Screen") -> None:
    from rich.live import Live

    from rnnrepl.render.training.panel import panel

    # Notices come before the first event and after the last: then there is no panel in their way.
    for first in events:
        with Live(console=screen.error_console(), auto_refresh=False) as display:
            shown = 0.0
            for event in chain([first], events):
                run.add(event)
                if isinstance(event, RunGrown | RunHalved | RunRewound):
                    display.console.print(run.line(event), markup=False, highlight=False)
                if perf_counter() - shown >= PAUSE:  # a log of hours is read in no time
                    display.update(panel(run), refresh=True)
                    shown = perf_counter()
                if run.ended:
                    break
            display.update(panel(run), refresh=True)


@contextmanager
def _no_echo(terminal: TextIO) -> Iterator[None]:
    """Where the terminal is ours, keys do not show: no ^C moves the panel.

    What is typed meanwhile waits for who reads next.
    """
    if sys.platform == "win32":
        yield
        return
    import termios

    try:
        number = terminal.fileno()
        ours = os.tcgetpgrp(number) == os.getpgrp()  # the system would stop one in the background
        before = termios.tcgetattr(number)
    except OSError:
        ours = False
    if not ours:
        yield
        return
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(number, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
