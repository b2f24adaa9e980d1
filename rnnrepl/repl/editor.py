"""Editing a text in the program that $VISUAL or $EDITOR names."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.files.reading import read_bytes

_EDITORS = ("editor", "nano", "vi", "emacs", "notepad")  # if neither variable is set


def edit(text: str) -> str:
    """Returns a text as the editor leaves it, with line ends translated and without its last one.

    Raises RnnreplError if there is no editor, it fails, or the file is not UTF-8 text afterwards;
    the file is kept if the editor has changed it, and the message says where.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _installed()
    folder = Path(mkdtemp(prefix="rnnrepl-"))
    file = folder / "line.txt"
    written = (text + "\n").encode("utf-8", "replace")
    file.write_bytes(written)
    try:
        _run(command, file)
        edited = "\n".join(text_files.lines(file))
    except RnnreplError as error:
        if not _changed(file, written):
            shutil.rmtree(folder)
            raise
        raise RnnreplError(f"{error} What it has written is in {file}.") from error
    shutil.rmtree(folder)
    return edited


def _run(command: str, file: Path) -> None:
    advice = "set $VISUAL or $EDITOR to another."
    try:
        status = subprocess.run([*_words(command), file], check=False).returncode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise RnnreplError(
            f"The editor '{command}' cannot be started: {reason or error}; {advice}"
        ) from error
    if status:
        raise RnnreplError(f"The editor '{command}' failed with exit status {status}; {advice}")


def _words(command: str) -> list[str]:
    """The words of a command; on Windows a backslash is part of a path."""
    if sys.platform != "win32":
        return shlex.split(command)
    else:
        program, *options = (word.strip('"') for word in shlex.split(command, posix=False))
        return [shutil.which(program) or program, *options]


def _installed() -> str:
    return next(filter(shutil.which, _EDITORS), _EDITORS[0])


def _changed(file: Path, written: bytes) -> bool:
    try:
        return read_bytes(file, len(written)) != written
    except OSError:  # larger, or no file any more
        return file.is_file()
