"""Follows a run through its folder, and starts a run in its own process."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import EFBIG
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from threading import Event, Thread
from typing import BinaryIO

from rnnrepl.errors import FAILED, INTERRUPTED, USAGE, RnnreplError
from rnnrepl.files import progress
from rnnrepl.files.processes import start_module
from rnnrepl.files.progress import Progress
from rnnrepl.files.reading import below, open_regular
from rnnrepl.results.runs import RunInfo, RunStatus
from rnnrepl.training.runs.events import History, RunEnded, RunEvent, RunFailed
from rnnrepl.training.runs.lock import EVENTS, SIGNALS, is_running, request_stop
from rnnrepl.training.runs.log import parse_event

INTERVAL = 0.1  # seconds between reads of the log
MAX_LOG = 1 << 28  # bytes of a log, as of a run of ten days
MAX_LINE = 1 << 20  # bytes of a line
_EXPECTED = 0, INTERRUPTED, -signal.SIGINT, -signal.SIGTERM  # exit codes


class Follower:
    """Reads the event log of a run as it grows, and keeps its `history`.

    With `skip_existing` reading starts at the current end of the log. Damaged lines are skipped;
    `damaged` is their number.
    """

    def __init__(self, folder: Path, *, skip_existing: bool = False) -> None:
        self.folder = folder
        self.history = History()
        self.damaged = 0
        self._offset = 0
        if skip_existing:
            with suppress(OSError), self._open() as log:
                self._offset = os.fstat(log.fileno()).st_size

    def read(self) -> Iterator[RunEvent]:
        """Yields the events since the last call.

        Raises RnnreplError if the log cannot be read; a log that does not exist has no events.
        """
        try:
            with self._open() as log:
                log.seek(self._offset)
                yield from self._events(log)
        except FileNotFoundError:
            return
        except OSError as error:
            raise RnnreplError(
                f"The log of the run in {self.folder} cannot be read: {error.strerror}."
            ) from error

    def _open(self) -> BinaryIO:
        log = open_regular(below(self.folder, EVENTS), follow_symlinks=False)
        if os.fstat(log.fileno()).st_size > MAX_LOG:
            log.close()
            raise OSError(EFBIG, f"it has more than {MAX_LOG:,} bytes")
        return log

    def _events(self, log: BinaryIO) -> Iterator[RunEvent]:
        """Yields the events on the complete lines that follow; skips a line that is too long."""
        too_long = False
        while line := log.readline(MAX_LINE):
            end = line.endswith(b"\n")
            if not end and len(line) < MAX_LINE:
                return  # read again when it is complete
            self._offset += len(line)
            try:
                event = parse_event(line) if end and not too_long else None
            except ValueError:
                self.damaged += 1
                continue
            self.damaged += end and too_long
            too_long = not end
            if event:
                self.history.add(event)
                yield event

    def events(self, stop: Event) -> Iterator[RunEvent]:
        """Yields all events, past and new, until the run's process ends or `stop` is set."""
        running = True
        while running and not stop.wait(INTERVAL):
            running = is_running(self.folder)  # before reading: no event is missed
            yield from self.read()

    def info(self, name: str) -> RunInfo:
        """The current state of the run, under this name; raises RnnreplError as `read` does."""
        running = is_running(self.folder)
        for _ in self.read():
            pass
        history = self.history
        last = history.progress
        best = history.ended if isinstance(history.ended, RunEnded) else history.best
        return RunInfo(
            name=name,
            path=str(self.folder),
            state="running" if running else _final_status(history),
            level=history.started.level if history.started else "",
            time=history.started.time if history.started else 0.0,
            step=last.step if last else 0,
            done=last.done if last else 0.0,
            seconds=last.seconds if last else 0.0,
            seconds_left=last.seconds_left if last and running else None,
            tokens_per_second=last.tokens_per_second if last else None,
            nats_per_token=best.nats_per_token if best else None,
            perplexity=best.perplexity if best else None,
            bits_per_char=best.bits_per_char if best else None,
            tokenizer=history.started.tokenizer if history.started else "",
        )


def _final_status(history: History) -> RunStatus:
    match history.ended:
        case RunFailed():
            return "failed"
        case RunEnded(stopped=stopped):
            return "done" if stopped == "done" else "stopped"
    return "killed"


class TrainingProcess:
    """`rnnrepl train` in its own process and session, which Ctrl-C at the prompt does not reach.

    The run's folder is the only interface between the two processes: `folder` must be the one that
    `arguments` name.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self._follower = Follower(folder, skip_existing=True)
        self._detaching = False
        # Not a pipe: a full one would block the process.
        self._stderr = TemporaryFile()  # noqa: SIM115
        handle, name = mkstemp(prefix="rnnrepl-")
        os.close(handle)
        self._progress = Path(name)
        self._interrupted = False
        self._process = start_module(
            "rnnrepl",
            *("train", "--format", "json", *arguments),
            stderr=self._stderr,
            environment={progress.VARIABLE: name},
        )

    def events(self) -> Iterator[RunEvent | Progress]:
        """Yields the events of the run until it ends or is detached; can be iterated once.

        Yields progress while the run is getting ready. Raises RnnreplError with the error message
        of a run that failed.
        """
        running = True
        with self._stderr, _removed(self._progress):
            while running and not self.detached:
                running = self._process.poll() is None
                yield from self._follower.read()
                if not self.started and (getting_ready := progress.reported(self._progress)):
                    yield getting_ready
                if running:
                    time.sleep(INTERVAL)
            if self.detached:
                Thread(target=self._process.wait, daemon=True).start()  # leaves no zombie
            elif self._process.returncode not in _EXPECTED and (
                self.started or not self._interrupted
            ):
                raise RnnreplError(self._error_message())

    def interrupt(self) -> None:
        """Asks the run to end and keep its model; `events` still yields its last events.

        A second interrupt, or one before the first step, may end the process at once: before, it
        may be in a library that does not let Python handle an interrupt, and has nothing to save.
        """
        if self._process.poll() is None:
            if self.started:
                request_stop(self._follower.folder)
            elif self._interrupted or not SIGNALS:
                self._process.terminate()
            else:
                self._process.send_signal(signal.SIGINT)
            self._interrupted = True

    def detach(self) -> None:
        """Lets the run continue in the background once it has started, also after this process."""
        self._detaching = True

    @property
    def started(self) -> bool:
        """Whether the run has written its start event."""
        return self._follower.history.started is not None

    @property
    def detached(self) -> bool:
        """Whether the run continues in the background."""
        return self._detaching and self.started

    def _error_message(self) -> str:
        """The last line of stderr for an expected error, else all of it."""
        self._stderr.seek(0)
        stderr = self._stderr.read().decode(errors="replace").strip()
        if self._process.returncode in (FAILED, USAGE) and "Traceback" not in stderr:
            stderr = stderr.rpartition("\n")[2].strip()
        return stderr or f"The training process ended with status {self._process.returncode}."


@contextmanager
def _removed(file: Path) -> Iterator[None]:
    """Context manager that removes a file at its end."""
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
