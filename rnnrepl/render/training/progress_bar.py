"""Shows on one terminal line how much of a file has been read, and erases the line at the end."""

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import TextIO

from rnnrepl.files.progress import Progress
from rnnrepl.render.numbers import amount, duration

_DELAY = 1.0  # seconds that a task takes before the line appears
_INTERVAL = 0.2  # seconds between updates
_ERASE = "\r\x1b[K"


class ProgressBar:
    """Draws on a terminal that understands escape sequences; with None it draws nothing."""

    def __init__(self, stream: TextIO | None, clock: Callable[[], float] = monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._start = clock()
        self._next = self._start + _DELAY
        self._drawn = False
        self._task = ""

    def show(self, progress: Progress) -> None:
        """Redraws the line, but not too often, and not for a task that was quick."""
        now, last = self._clock(), progress.done >= (progress.total or inf)
        if progress.task != self._task:
            self.clear()
            self._start, self._next, self._task = now, now + _DELAY, progress.task
        if self._stream is None or (not self._drawn if last else now < self._next):
            return
        task = f"{progress.task}: " if progress.task else ""
        self._write(_ERASE + task + _line(progress, now - self._start))
        self._next, self._drawn = now + _INTERVAL, True

    def clear(self) -> None:
        """Erases the line."""
        if self._drawn:
            self._write(_ERASE)
            self._drawn = False

    def _write(self, text: str) -> None:
        assert self._stream is not None
        self._stream.write(text)
        self._stream.flush()


def _line(progress: Progress, seconds: float) -> str:
    speed = f"{amount(round(progress.done / seconds if seconds else 0))} bytes/s"
    if not progress.total or not progress.done:
        return f"{amount(progress.done)} bytes · {speed}"
    if progress.done >= progress.total:  # writing what was read can take longer
        return f"{amount(progress.total)} bytes read · {speed}"
    share = progress.done / progress.total
    left = duration(seconds * (1 - share) / share)
    return f"{share:.0%} of {amount(progress.total)} bytes · {speed} · {left} left"
