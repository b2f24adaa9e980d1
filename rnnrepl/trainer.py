"""A training run in a process of its own, followed through the folder that it writes."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGINT, SIGKILL
from tempfile import TemporaryFile
from time import sleep
from typing import IO

from rnnrepl.errors import RnnreplError
from rnnrepl.results import RunEnded, RunEvent
from rnnrepl.training import TrainOptions
from rnnrepl.training.run import EVENTS, event, new_folder

PAUSE = 0.1  # seconds between two looks at the folder


def placed(corpus: Sequence[str], options: TrainOptions) -> TrainOptions:
    """The same run with its folder settled, so that one can look there while it is written."""
    if options.resume or options.out:
        return options
    from rnnrepl.training.corpus import REFERENCE

    name = Path(corpus[0]).stem if corpus else REFERENCE
    return replace(options, out=new_folder(name, options.tokenizer))


def follow(corpus: Sequence[str], options: TrainOptions) -> Iterator[RunEvent]:
    """Runs `rnnrepl train` and yields the events that it writes; `options` are `placed`.

    Ctrl-C is passed on, and so is the end of this iterator: the run ends and keeps what it has
    learnt. A second Ctrl-C kills it. Raises RnnreplError with what the run said where it failed.
    """
    folder = options.resume or options.out
    assert folder is not None
    log = _Log(folder / EVENTS)
    told: RunEvent | None = None
    with _started(options.command_line(tuple(corpus))[1:]) as (process, errors):
        for told in _events(process, log):
            yield told
        if not isinstance(told, RunEnded):
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise RnnreplError(said or "The training run has been killed.")


@contextmanager
def _started(words: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The process, and what it writes to stderr; it ends where this ends."""
    command = [sys.executable, "-m", "rnnrepl", *words, "--format", "json"]
    null = subprocess.DEVNULL
    with (
        TemporaryFile() as errors,
        # In a session of its own no Ctrl-C of the terminal reaches it but the one passed on.
        subprocess.Popen(
            command, stdin=null, stdout=null, stderr=errors, start_new_session=True
        ) as process,
    ):
        try:
            yield process, errors
        finally:
            if process.poll() is None:
                process.send_signal(SIGINT)


def _events(process: subprocess.Popen[bytes], log: "_Log") -> Iterator[RunEvent]:
    signals = iter([SIGINT])
    ended = False
    while not ended:
        try:
            ended = process.poll() is not None  # asked before the last look, so that none is missed
            yield from log.news()
            if not ended:
                sleep(PAUSE)
        except KeyboardInterrupt:
            process.send_signal(next(signals, SIGKILL))


class _Log:
    """The events that are appended to a file from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.exists() else 0

    def news(self) -> Iterator[RunEvent]:
        """The events since the last time."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            for line in file:
                if not line.endswith(b"\n"):
                    return  # it is still being written
                self._at += len(line)
                if told := event(line.decode()):
                    yield told
