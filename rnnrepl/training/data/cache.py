"""What was made of large texts, kept on the disk under a key of all that it was made from."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock

import rnnrepl
from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic, paths

LIMIT = 16 << 30  # bytes that everything may take; what was not used for longest goes first
ROOM = 256 << 20  # bytes of the disk that stay free


@contextmanager
def kept(facts: Any, make: Callable[[Path], None]) -> Iterator[Path]:
    """The folder that was made from these facts (plain JSON); `make` fills it if there is none.

    One process at a time makes one, and nobody removes it before it is left. Raises RnnreplError
    where the disk is too full.
    """
    key = sha256(json.dumps([rnnrepl.__version__, facts]).encode()).hexdigest()[:32]
    folder = paths.user_cache() / "texts" / key
    with atomic.writing(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / "lock"):
            if not folder.is_dir():
                with atomic.new_folder(folder) as draft:
                    make(draft)
            os.utime(folder)
            _make_room(folder)
            yield folder


@contextmanager
def filled(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, which is synced in the end."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def check_room(path: Path) -> None:
    """Raises RnnreplError where the disk of a path is as good as full."""
    if shutil.disk_usage(path).free < ROOM:
        raise RnnreplError(
            f"The disk is too full for what is made of this text: {ROOM >> 20} MB of it stay free; "
            "make room, or let RNNREPL_HOME name a folder on another disk."
        )


def _make_room(used: Path) -> None:
    """Removes what was not used for longest, until all fits into the limit."""
    others = [path for path in used.parent.iterdir() if path.is_dir() and path != used]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    total = _size(used)
    for path in others:
        total += _size(path)
        if total > LIMIT:
            shutil.rmtree(path, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
