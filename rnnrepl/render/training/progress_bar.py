"""One line on a terminal that says how far a file is read, and goes when that is done."""

from math import inf
from time import monotonic
from typing import TextIO

from rnnrepl.files.progress import Progress
from rnnrepl.render.numbers import amount, duration

_PATIENCE = 0.5  # seconds without a line
_EVERY = 0.2  # seconds a line stands
_WIPE = "\r\x1b[K"


class Gauge:
    """Draws on a stream that understands escape sequences; on any other (None) it draws nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._began = monotonic()
        self._next = self._began + _PATIENCE
        self._drawn = False

    def show(self, progress: Progress) -> None:
        """Draws the line anew, unless it has just been drawn and may yet be drawn again."""
        now = monotonic()
        last = self._drawn and progress.done >= (progress.total or inf)
        if self._stream is None or (now < self._next and not last):
            return
        self._write(_WIPE + _line(progress, now - self._began))
        self._next, self._drawn = now + _EVERY, True

    def clear(self) -> None:
        """Leaves the terminal as it was."""
        if self._drawn:
            self._write(_WIPE)
            self._drawn = False

    def _write(self, text: str) -> None:
        assert self._stream is not None
        self._stream.write(text)
        self._stream.flush()


def _line(progress: Progress, seconds: float) -> str:
    speed = f"{amount(round(progress.done / seconds))} bytes/s"
    if not progress.total or not progress.done:
        return f"{amount(progress.done)} bytes · {speed}"
    if progress.done >= progress.total:  # what is read may take its time to be written
        return f"{amount(progress.total)} bytes are read · {speed}"
    share = progress.done / progress.total
    left = duration(seconds * (1 - share) / share)
    return f"{share:.0%} of {amount(progress.total)} bytes · {speed} · {left} left"
