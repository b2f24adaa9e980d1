"""Follows a training run: a live panel on a terminal, log lines elsewhere."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from time import perf_counter
from typing import TextIO

from rnnrepl.render.output import Output
from rnnrepl.render.training.summary import RunSummary
from rnnrepl.training.runs.events import RunGrown, RunHalved, RunRewound

REFRESH = 0.05  # minimum seconds between two updates of the panel


def follow_run(records: Iterable[object], output: Output) -> None:
    """Shows the events of a run on stderr as they come."""
    run = RunSummary()
    if output.stderr.isatty() and output.styled(output.stderr):
        with _no_echo(output.stderr):
            _follow_in_panel(iter(records), run, output)
        return
    for event in records:
        run.add(event)
        if line := run.line(event):
            output.notice(line)


def _follow_in_panel(events: Iterator[object], run: RunSummary, output: Output) -> None:
    from rich.live import Live

    from rnnrepl.render.training.panel import panel

    # Notices come before the first event and after the last, so they never meet the panel.
    for first in events:
        with Live(console=output.error_console(), auto_refresh=False) as display:
            shown = 0.0
            for event in chain([first], events):
                run.add(event)
                if isinstance(event, RunGrown | RunHalved | RunRewound):
                    display.console.print(run.line(event), markup=False, highlight=False)
                if perf_counter() - shown >= REFRESH:  # an existing log is read at once
                    display.update(panel(run), refresh=True)
                    shown = perf_counter()
                if run.ended:
                    break
            display.update(panel(run), refresh=True)


@contextmanager
def _no_echo(terminal: TextIO) -> Iterator[None]:
    """Turns off echo if the terminal belongs to this process, so that ^C does not move the panel.

    Input that is typed meanwhile stays in the buffer of the terminal.
    """
    if sys.platform == "win32":
        yield
    else:
        import termios

        try:
            fd = terminal.fileno()
            foreground = os.tcgetpgrp(fd) == os.getpgrp()  # tcsetattr stops a background process
            before = termios.tcgetattr(fd)
        except OSError:
            foreground = False
        if not foreground:
            yield
            return
        silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(fd, termios.TCSADRAIN, silent)
        try:
            yield
        finally:
            termios.tcsetattr(fd, termios.TCSADRAIN, before)
