"""Progress of reading a file, yielded among the records of a command."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Progress:
    """The number of bytes done, and in total if known."""

    done: int
    total: int | None = None


def with_total(records: Iterable[Record], file: Path) -> Iterator[Record]:
    """Yields records; those of progress get the size of the file as their total."""
    total = size(file)
    for record in records:
        yield replace(record, total=total) if isinstance(record, Progress) else record


def size(path: Path) -> int | None:
    """Returns the size of a file in bytes; None if it is not a regular file, such as a pipe."""
    return path.stat().st_size if path.is_file() else None


def total_size(paths: Iterable[Path]) -> int | None:
    """Returns the size of several files in bytes; None if the size of one is unknown."""
    sizes = [size(path) for path in paths]
    return None if None in sizes else sum(filter(None, sizes))
