"""Which processes are at work on a run: a lock that dies with them; and how it is asked to end."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from rnnrepl.errors import RnnreplError, usage

# The system gives the lock back when its process is gone: killed, or by the end of the machine.
LOCK = Path("training/lock")
NUMBER = Path("training/process")
PATIENCE = 1.0  # seconds: others hold the lock for a moment when they look


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Makes this process the one that is at work on the run in a folder.

    Raises RnnreplError where there is no run, or another process is at work on it.
    """
    from filelock import FileLock, Timeout

    from rnnrepl.files import atomic

    if not (folder / LOCK).parent.is_dir():
        raise no_run_error(folder)
    lock = FileLock(folder / LOCK, timeout=PATIENCE)
    with atomic.writing(folder):
        try:
            lock.acquire()
        except Timeout:
            raise RnnreplError(
                f"The run in {folder} is going on already; `rnnrepl watch {quote(str(folder))}` "
                f"shows it, `rnnrepl stop {quote(str(folder))}` ends it."
            ) from None
        atomic.replace(folder / NUMBER, f"{os.getpid()}\n".encode())
    try:
        yield
    finally:
        lock.release()


def running_pid(folder: Path) -> int | None:
    """The number of the process that is at work on a run; None where there is none."""
    if not (folder / LOCK).exists():
        return None
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK, timeout=0):
            return None
    except Timeout:
        return int((folder / NUMBER).read_text())
    except OSError:  # a folder that is not ours to write in, or just gone
        return None


@contextmanager
def stop_event() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, where signals can be had."""
    asked = threading.Event()
    with signal_handlers({"SIGINT": asked.set, "SIGTERM": asked.set}):
        yield asked


@contextmanager
def signal_handlers(acts: Mapping[str, Callable[[], object]]) -> Iterator[None]:
    """Does something when a signal comes, by its name; those that cannot be had do not come."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name, act in acts.items():
            if number := getattr(signal, name, None):
                before[number] = signal.signal(number, lambda *_, act=act: act())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def no_run_error(folder: Path) -> RnnreplError:
    """The error for a folder in which no run has ever been."""
    return usage(f"{folder} holds no training run to go on with.")
