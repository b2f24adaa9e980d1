"""A training run as it goes on: a panel on a terminal, a log line an evaluation elsewhere."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from rnnrepl.render.run import Run

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen


def live(records: Iterable[object], screen: "Screen") -> None:
    """Follows the events of a run, on stderr."""
    run = Run()
    if screen.stderr.isatty() and screen.styled(screen.stderr):
        _in_panel(iter(records), run, screen)
        return
    for event in records:
        run.take(event)
        if line := run.line(event):
            screen.notice(line)


def _in_panel(events: Iterator[object], run: Run, screen: "Screen") -> None:
    from rich.live import Live

    from rnnrepl.render.panel import panel

    screen.notice("Getting ready: Ctrl-C ends it at any time and keeps what was learnt.")
    # Notices come before the first event and after the last: then there is no panel in their way.
    for first in events:
        with Live(console=screen.error_console(), auto_refresh=False) as display:
            for event in chain([first], events):
                run.take(event)
                display.update(panel(run), refresh=True)
                if run.ended:
                    break
