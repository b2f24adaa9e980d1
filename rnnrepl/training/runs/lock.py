"""The lock of a run, released by the system when its process dies; signals that end a run."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from rnnrepl.errors import RnnreplError, usage

LOCK = Path("training/lock")
PID = Path("training/process")
TIMEOUT = 1.0  # seconds; `running_pid` holds the lock for a moment


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Context manager that makes this process the only one that trains the run in a folder.

    Raises RnnreplError if there is no run, or another process trains it.
    """
    from filelock import FileLock, Timeout

    from rnnrepl.files import atomic

    if not (folder / LOCK).parent.is_dir():
        raise no_run_error(folder)
    lock = FileLock(folder / LOCK, timeout=TIMEOUT)
    with atomic.writing(folder):
        try:
            lock.acquire()
        except Timeout:
            run = quote(str(folder))
            raise RnnreplError(
                f"The run in {folder} is already in progress: `rnnrepl watch {run}` shows it, "
                f"`rnnrepl stop {run}` ends it."
            ) from None
        atomic.replace(folder / PID, f"{os.getpid()}\n".encode())
    try:
        yield
    finally:
        lock.release()


def running_pid(folder: Path) -> int | None:
    """The id of the process that trains the run in a folder, None if there is none."""
    if not (folder / LOCK).exists():
        return None
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK, timeout=0):
            return None
    except Timeout:
        return int((folder / PID).read_text())
    except OSError:  # the folder is not writable, or has just been removed
        return None


@contextmanager
def stop_event() -> Iterator[threading.Event]:
    """Context manager for an event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    with signal_handlers({"SIGINT": stop.set, "SIGTERM": stop.set}):
        yield stop


@contextmanager
def signal_handlers(handlers: Mapping[str, Callable[[], object]]) -> Iterator[None]:
    """Context manager that installs signal handlers by name and restores the previous ones.

    Signals that the platform lacks are ignored, and outside the main thread all are.
    """
    previous = {}
    if threading.current_thread() is threading.main_thread():
        for name, handler in handlers.items():
            if number := getattr(signal, name, None):
                previous[number] = signal.signal(number, lambda *_, handler=handler: handler())
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)


def no_run_error(folder: Path) -> RnnreplError:
    """The error for a folder that contains no run."""
    return usage(f"{folder} holds no training run to resume.")
