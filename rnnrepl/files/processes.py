"""Starting modules of this package in Python processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import rnnrepl

Stream = int | IO[Any]


# What a session of its own is elsewhere: no console, and no Ctrl-C.
if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    _FLAGS = 0


def start_module(
    module: str,
    *arguments: str,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts `python -m MODULE ARGUMENTS`; neither Ctrl-C nor the end of the terminal reaches it.

    The process imports from where this one does, but never from the current folder, where any file
    may have the name of a library; only a checkout that contains this package is an exception.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(_search_path())},
        start_new_session=True,
        creationflags=_FLAGS,
    )


def _search_path() -> list[str]:
    """The absolute folders of `sys.path`, without the current one, and with that of the package."""
    package = str(Path(rnnrepl.__file__).parents[1])
    absolute = [package if _same(path, package) else path for path in sys.path]
    kept = [path for path in absolute if path == package or _usable(path)]
    return kept if package in kept else [package, *kept]


def _usable(path: str) -> bool:
    return Path(path).is_absolute() and os.pathsep not in path and not _same(path, os.curdir)


def _same(path: str, other: str) -> bool:
    """Whether two paths are one folder; the current folder may have been removed."""
    return Path(path).exists() and Path(path).samefile(other)
