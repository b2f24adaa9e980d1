"""How far a file is read: told among the records, shown while it goes on, and no part of them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How many bytes of a text are done, and of how many if that is known."""

    done: int
    total: int | None = None


def size(path: Path) -> int | None:
    """The bytes of a file; None for what is no file, such as a pipe."""
    return path.stat().st_size if path.is_file() else None
