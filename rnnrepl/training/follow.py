"""A run in a process of its own, and its events as they come."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from rnnrepl.errors import FAILED, INTERRUPTED, USAGE, RnnreplError
from rnnrepl.events import RunEvent
from rnnrepl.training.run import EVENTS, event

PAUSE = 0.1  # seconds between two looks at the log


class Trainer:
    """`rnnrepl train` at work in a session of its own, where Ctrl-C at the prompt cannot reach it.

    All that lies between the two processes is the run's folder; it must be the one that the words
    of the command name.
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self._log = folder / EVENTS
        self._read = self._log.stat().st_size if self._log.exists() else 0
        # Not a pipe: one that nobody empties would stop the process.
        self._stderr = TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rnnrepl", "train", "--format", "json", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
            start_new_session=True,
        )

    def events(self) -> Iterator[RunEvent]:
        """What the run tells, until it ends; to be read once.

        Raises RnnreplError with what a run that failed had to say.
        """
        running = True
        with self._stderr:
            while running:
                running = self._process.poll() is None
                yield from self._new()
                if running:
                    time.sleep(PAUSE)
            if self._process.returncode not in (0, INTERRUPTED, -signal.SIGINT):
                raise RnnreplError(self._last_words())

    def interrupt(self) -> None:
        """Asks the run to end with what it has learnt; its last events still come.

        Asked again, or before its first step, the process may just end.
        """
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def _new(self) -> Iterator[RunEvent]:
        """The whole lines that have been added to the log."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._read)
            lines, end, _ = file.read().rpartition(b"\n")
        self._read += len(lines + end)
        yield from filter(None, map(event, lines.decode().splitlines()))

    def _last_words(self) -> str:
        """The sentence that mends a mistake; all of it where no sentence was found for it."""
        self._stderr.seek(0)
        said = self._stderr.read().decode(errors="replace").strip()
        if self._process.returncode in (FAILED, USAGE) and "Traceback" not in said:
            said = said.rpartition("\n")[2].strip()
        return said or f"The training process ended with status {self._process.returncode}."
