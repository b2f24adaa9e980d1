"""The lock of a run, released by the system when its process dies; requests that end a run."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import atomic, reading

LOCK = Path("training/lock")
PID = Path("training/process")
STOP = Path("training/stop")  # a file that asks the run to end
EVENTS = Path("training/events.jsonl")  # every run has it; without the imports of its parser
# Whether a process can send signals to another. On Windows, `os.kill` and `Popen.send_signal` end a
# process at once, whatever the signal.
SIGNALS = sys.platform != "win32"
# `is_running` may hold a shared lock for microseconds: the exclusive one is tried this long, and
# this often, in seconds.
TIMEOUT, POLL = 2.0, 0.005


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Context manager that makes this process the only one that trains the run in a folder.

    Raises RnnreplError if there is no run, or another process trains it.
    """
    from filelock import FileLock, Timeout

    if not (folder / LOCK).parent.is_dir():
        raise no_run_error(folder)
    with atomic.writing(folder):
        lock = FileLock(reading.below(folder, LOCK))
        try:
            lock.acquire(TIMEOUT, POLL)
        except Timeout:
            run = quote(str(folder))
            raise RnnreplError(
                f"The run in {folder} is already in progress: `rnnrepl watch {run}` shows it, "
                f"`rnnrepl stop {run}` ends it."
            ) from None
        atomic.replace(folder / PID, f"{os.getpid()}\n".encode())
        atomic.remove(folder / STOP)  # it was meant for a process that was killed
    try:
        yield
    finally:
        with suppress(OSError):
            atomic.remove(folder / STOP)
        lock.release()


def is_running(folder: Path) -> bool:
    """Whether a process trains the run in a folder; False for a folder that cannot be read.

    Never keeps a trainer from its lock, and any number of processes may call it at once.
    """
    try:
        return _is_locked(reading.below(folder, LOCK))
    except OSError:
        return False


def trainer_pid(folder: Path) -> int | None:
    """The id of the process that trains the run in a folder, None if it is not known for certain.

    The number in the folder may be that of a process which has ended, and belong to another one by
    now. It is believed only if that process has the lock file open; where the system cannot say so
    (it has no /proc), if the lock is held.
    """
    try:
        number = int(reading.read_bytes(reading.below(folder, PID), 32))
        if not (0 < number < 2**31 and is_running(folder)):
            return None
        if not Path("/proc/self/fd").is_dir():
            return number
        files = list(Path(f"/proc/{number}/fd").iterdir())
    except (OSError, ValueError):
        return None
    return number if any(_is_file(file, folder / LOCK) for file in files) else None


def _is_file(path: Path, other: Path) -> bool:
    with suppress(OSError):  # a file that has just been closed
        return path.samefile(other)
    return False


if sys.platform == "win32":

    def _is_locked(path: Path) -> bool:
        """Tries the lock itself, some times: another process may be trying it too."""
        from filelock import FileLock, Timeout

        reading.open_regular(path, follow_symlinks=False).close()
        try:
            with FileLock(path, timeout=10 * POLL, poll_interval=POLL):
                return False
        except Timeout:
            return True

else:
    import fcntl

    def _is_locked(path: Path) -> bool:
        """Tries a shared lock, which succeeds unless a trainer has the exclusive one."""
        with reading.open_regular(path, follow_symlinks=False) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False


class StopEvent(threading.Event):
    """Is set by a method call, and by the file in a run's folder that asks the run to end.

    A request through the folder works on every system, from every process that may write there.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._request = folder / STOP

    def is_set(self) -> bool:
        return super().is_set() or os.path.lexists(self._request)  # 2 µs; follows no link


@contextmanager
def stop_event(folder: Path) -> Iterator[threading.Event]:
    """Context manager for an event that SIGINT, SIGTERM and a request in a run's folder set."""
    stop = StopEvent(folder)
    with signal_handlers(dict.fromkeys(("SIGINT", "SIGTERM", "SIGBREAK"), stop.set)):
        yield stop


def request_stop(folder: Path) -> None:
    """Asks the process that trains the run in a folder to end after its step and keep its model.

    Where there are signals, one is sent too: it arrives also when the disk is full. Raises
    RnnreplError if the process cannot be reached in either way.
    """
    signalled = False
    if SIGNALS and (number := trainer_pid(folder)) is not None:
        with suppress(OSError):  # it has just ended, or belongs to another user
            os.kill(number, signal.SIGINT)
            signalled = True
    try:
        with atomic.writing(folder):
            atomic.replace(reading.below(folder, STOP), b"")
    except RnnreplError:
        if not signalled:
            raise


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
