"""A cache on disk for data derived from large texts, keyed by everything that determines it."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any, BinaryIO

from filelock import FileLock

import rnnrepl
from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic, paths

FORMAT = 2  # of the derived data: since 2, line ends are translated
MAX_BYTES = 16 << 30  # of all entries together; the least recently used are removed first, but
IN_USE = 86_400.0  # not before so many seconds: a run that is getting ready may still read them
MIN_FREE = 256 << 20  # bytes of the disk that stay free


@contextmanager
def cached(
    identity: Any, fill: Callable[[Path], None], *, max_bytes: int = MAX_BYTES
) -> Iterator[Path]:
    """Context manager for the cached folder of this identity (plain JSON); a miss calls `fill`.

    A lock is held until the context exits: one process fills the folder, and no other removes it.
    The folder stays for IN_USE seconds. Raises RnnreplError if the disk is full.
    """
    key = sha256(json.dumps([rnnrepl.__version__, FORMAT, identity]).encode()).hexdigest()[:32]
    folder = paths.user_cache() / "texts" / key
    with atomic.writing(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / "lock"):
            if not folder.is_dir():
                with atomic.new_folder(folder) as draft:
                    fill(draft)
            os.utime(folder)
            _evict(folder, max_bytes)
            yield folder


@contextmanager
def synced_file(path: Path) -> Iterator[BinaryIO]:
    """Context manager for a new binary file that is synced to disk when it is closed."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def check_free_space(path: Path, min_free: int = MIN_FREE) -> None:
    """Raises RnnreplError if less than `min_free` bytes are free on the disk of a path."""
    if shutil.disk_usage(path).free < min_free:
        raise RnnreplError(
            f"The disk is too full to cache the encoded text: less than {min_free >> 20} MB are "
            "free. Free some space, or set RNNREPL_HOME to a folder on another disk."
        )


def _evict(used: Path, max_bytes: int) -> None:
    """Removes the least recently used entries, none in use, until the rest fits `max_bytes`."""
    others = [path for path in used.parent.iterdir() if path.is_dir() and path != used]
    times = {path: path.stat().st_mtime for path in others}
    total = _size(used)
    for path in sorted(others, key=lambda path: times[path], reverse=True):
        total += _size(path)
        if total > max_bytes and times[path] < time() - IN_USE:
            shutil.rmtree(path, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
