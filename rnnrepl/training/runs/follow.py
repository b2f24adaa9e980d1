"""A run as it goes on, seen through its folder; and one in a process of its own."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread

from rnnrepl.errors import FAILED, INTERRUPTED, USAGE, RnnreplError
from rnnrepl.results import RunInfo, RunStatus
from rnnrepl.training.runs.events import History, RunEnded, RunEvent, RunFailed
from rnnrepl.training.runs.lock import running_pid
from rnnrepl.training.runs.log import EVENTS, event

PAUSE = 0.1  # seconds between two looks at the log


class Follower:
    """Reads the log of the run in a folder, each time as far as it goes, and knows how it stands.

    With `new` it begins behind what is there.
    """

    def __init__(self, folder: Path, *, new: bool = False) -> None:
        self.folder = folder
        self.history = History()
        self._log = folder / EVENTS
        self._read = self._log.stat().st_size if new and self._log.exists() else 0

    def read(self) -> Iterator[RunEvent]:
        """The events that have been added."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._read)
            lines, end, _ = file.read().rpartition(b"\n")
        self._read += len(lines + end)
        for line in lines.decode().split("\n"):
            if told := event(line):
                self.history.add(told)
                yield told

    def events(self, left: Event) -> Iterator[RunEvent]:
        """What the run has told and tells, until its process is gone or the follower has left."""
        going_on = True
        while going_on and not left.wait(PAUSE):
            going_on = (
                running_pid(self.folder) is not None
            )  # first: its last words come before its end
            yield from self.read()

    def info(self, name: str) -> RunInfo:
        """The run as it stands now, under this name."""
        running = running_pid(self.folder) is not None
        for _ in self.read():
            pass
        told = self.history
        last = told.progress
        best = told.ended if isinstance(told.ended, RunEnded) else told.best
        return RunInfo(
            name=name,
            path=str(self.folder),
            state="running" if running else _end(told),
            level=told.started.level if told.started else "",
            time=told.started.time if told.started else 0.0,
            step=last.step if last else 0,
            done=last.done if last else 0.0,
            seconds=last.seconds if last else 0.0,
            seconds_left=last.seconds_left if last and running else None,
            tokens_per_second=last.tokens_per_second if last else None,
            nats_per_token=best.nats_per_token if best else None,
            perplexity=best.perplexity if best else None,
            bits_per_char=best.bits_per_char if best else None,
        )


def _end(told: History) -> RunStatus:
    match told.ended:
        case RunFailed():
            return "failed"
        case RunEnded():
            return "done" if told.ended.stopped == "done" else "stopped"
    return "killed"


class TrainingProcess:
    """`rnnrepl train` at work in a session of its own, where Ctrl-C at the prompt cannot reach it.

    All that lies between the two processes is the run's folder; it must be the one that the words
    of the command name.
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self._follower = Follower(folder, new=True)
        self._leaving = False
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
        """What the run tells, until it ends or is left; to be read once.

        Raises RnnreplError with what a run that failed had to say.
        """
        running = True
        with self._stderr:
            while running and not self.left:
                running = self._process.poll() is None
                yield from self._follower.read()
                if running:
                    time.sleep(PAUSE)
            if self.left:
                Thread(target=self._process.wait, daemon=True).start()  # no zombie stays
            elif self._process.returncode not in (0, INTERRUPTED, -signal.SIGINT):
                raise RnnreplError(self._last_words())

    def interrupt(self) -> None:
        """Asks the run to end with what it has learnt; its last events still come.

        Asked again, or before its first step, the process may just end.
        """
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def leave(self) -> None:
        """Lets the run go on by itself as soon as it has begun, also when this process is gone."""
        self._leaving = True

    @property
    def begun(self) -> bool:
        """Whether the run has told that it begins."""
        return self._follower.history.started is not None

    @property
    def left(self) -> bool:
        """Whether the run goes on by itself."""
        return self._leaving and self.begun

    def _last_words(self) -> str:
        """The sentence that mends a mistake; all of it where no sentence was found for it."""
        self._stderr.seek(0)
        said = self._stderr.read().decode(errors="replace").strip()
        if self._process.returncode in (FAILED, USAGE) and "Traceback" not in said:
            said = said.rpartition("\n")[2].strip()
        return said or f"The training process ended with status {self._process.returncode}."
