"""The input history, in a file that only its owner can read."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from rnnrepl.files.reading import open_regular


def history(folder: Path) -> History:
    """The history in a folder, or one in memory where the folder is not writable."""
    path = folder / "history"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if sys.platform != "win32":  # where the folder of a user is closed to others
            with open_regular(path) as file:
                os.fchmod(file.fileno(), 0o600)  # also a file that others made readable
    except OSError:
        return InMemoryHistory()
    return _History(path)


class _History(FileHistory):
    """A history file that ignores disk errors and lone surrogates."""

    def load_history_strings(self) -> Iterable[str]:
        with suppress(OSError):
            yield from super().load_history_strings()

    def store_string(self, string: str) -> None:
        with suppress(OSError):
            super().store_string(string.encode("utf-8", "replace").decode())
