"""Progress of reading a file, yielded among the records of a command."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """The number of bytes done, and in total if known."""

    done: int
    total: int | None = None


def size(path: Path) -> int | None:
    """Returns the size of a file in bytes; None if it is not a regular file, such as a pipe."""
    return path.stat().st_size if path.is_file() else None


def total_size(paths: Iterable[Path]) -> int | None:
    """Returns the size of several files in bytes; None if the size of one is unknown."""
    sizes = [size(path) for path in paths]
    return None if None in sizes else sum(filter(None, sizes))
