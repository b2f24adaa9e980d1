"""Progress of reading a file, and notices on the way: yielded by a command, or reported."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import monotonic
from typing import TypeVar

from rnnrepl.results.session import Notice

Record = TypeVar("Record")

VARIABLE = "RNNREPL_PROGRESS"  # the environment variable with the path of a file for progress
_INTERVAL = 0.2  # seconds between two writes to it


@dataclass(frozen=True, slots=True)
class Progress:
    """The number of bytes done, and in total if known; `task` says at what."""

    done: int
    total: int | None = None
    task: str = ""


Listener = Callable[[Progress | Notice], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Context manager in which a function is called with everything that is reported."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def report(record: Progress | Notice) -> None:
    """Reports from where a record cannot be yielded, such as inside a tokenizer."""
    for listener in _listeners:
        listener(record)


@contextmanager
def reporting() -> Iterator[None]:
    """Context manager in which progress is written to the file that the environment names, if any.

    The process that started this one shows it.
    """
    path, after = os.environ.get(VARIABLE, ""), 0.0

    def write(progress: Progress | Notice) -> None:
        nonlocal after
        last = isinstance(progress, Progress) and progress.done >= (progress.total or inf)
        if isinstance(progress, Progress) and (last or monotonic() >= after):
            with suppress(OSError), Path(path).open("r+", encoding="utf-8") as file:
                file.write(f"{progress.done} {progress.total or 0} {progress.task}\n")
            after = monotonic() + _INTERVAL

    if not path:
        yield
        return
    with listening(write):
        yield


def reported(path: Path) -> Progress | None:
    """The progress that a process has written to a file, if any."""
    with suppress(OSError, ValueError):
        done, total, task = path.read_text(encoding="utf-8").partition("\n")[0].split(" ", 2)
        return Progress(int(done), int(total) or None, task)
    return None


def with_total(records: Iterable[Record], total: int | None) -> Iterator[Record]:
    """Yields records; those of progress get the total."""
    for record in records:
        yield replace(record, total=total) if isinstance(record, Progress) else record


def size(path: Path) -> int | None:
    """Returns the size of a file in bytes; None if it is not a regular file, such as a pipe."""
    return path.stat().st_size if path.is_file() else None


def total_size(paths: Iterable[Path]) -> int | None:
    """Returns the size of several files in bytes; None if the size of one is unknown."""
    sizes = [size(path) for path in paths]
    return None if None in sizes else sum(filter(None, sizes))
