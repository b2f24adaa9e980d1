"""Atomic writes: files and folders appear on disk complete or not at all."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EINVAL, EISDIR
from pathlib import Path
from stat import S_IMODE, S_ISREG
from time import sleep
from typing import BinaryIO

from rnnrepl.errors import RnnreplError
from rnnrepl.files.paths import check_new_name

PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # seconds until a file that is open can be replaced


@contextmanager
def writing(folder: Path, result: str = "nothing was changed") -> Iterator[None]:
    """Turns an OSError into an RnnreplError that names the folder and the result of the failure."""
    try:
        yield
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        reason = "there is no such folder" if gone else (error.strerror or str(error)).lower()
        raise RnnreplError(f"Could not write to {folder}: {reason}; {result}.") from error


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yields a temporary folder to fill; it is renamed to `folder` if no exception is raised.

    The caller syncs the files in it. Temporary folders of killed processes are removed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_drafts(folder.parent, folder.name)
    draft = _draft(folder)
    draft.mkdir()
    try:
        yield draft
        sync(draft)
        _move(draft, folder)
        sync(folder.parent)
    finally:
        remove(draft)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yields a temporary file to write; it is renamed to `path` if no exception is raised.

    The mode is that of `replace`.
    """
    draft = _draft(path)
    try:
        _create(draft, _mode(path), private=False).close()
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        _move(draft, path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def replace(path: Path, data: bytes, *, private: bool = False) -> None:
    """Replaces a file: writes a temporary file, syncs it and renames it over the old one.

    The mode of the old file is kept. A new file gets the default mode, or if `private` 0600.
    """
    replace_all(path.parent, {path.name: data}, private=private)


def replace_all(folder: Path, files: Mapping[str, bytes], *, private: bool = False) -> None:
    """Replaces several files of a folder as `replace` does; all are written before any is renamed.

    Raises OSError, with every file unchanged, if one cannot be written or is not a regular file.
    """
    drafts = {name: _draft(folder / name) for name in files}
    try:
        for name, draft in drafts.items():
            with _create(draft, _mode(folder / name), private=private) as file:
                file.write(files[name])
                file.flush()
                os.fsync(file.fileno())
        for name, draft in drafts.items():
            _move(draft, folder / name)
        sync(folder)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def link(path: Path, other: Path) -> None:
    """Makes `other` a hard link to a file (or a copy), which stays when `path` is replaced."""
    draft = _draft(other)
    try:
        os.link(path, draft)
    except OSError:  # a file system without hard links
        replace(other, path.read_bytes())
    else:
        _move(draft, other)
        draft.unlink(missing_ok=True)  # renaming over a link to the same file does nothing
        sync(other.parent)


def remove_drafts(folder: Path, name: str = "") -> None:
    """Removes temporary files of killed processes from a folder, for one name or for all."""
    for path in folder.iterdir():
        if is_draft(path.name, name):
            remove(path)


def is_draft(draft: str, name: str = "") -> bool:
    """Whether a file has the name of a temporary file, for one name or for any."""
    pattern = rf"\.{re.escape(name[:_STEM]) or '.+'}\.[0-9a-f]+\.tmp"
    return re.fullmatch(pattern, draft, re.DOTALL) is not None


def _move(draft: Path, path: Path) -> None:
    """Renames a draft to a path, over a file or an empty folder.

    Windows renames no folder over another, and nothing over a file that some process has open: its
    reader, such as a prompt that loads the newest weights, soon closes it.
    """
    if sys.platform == "win32":
        if path.is_dir():
            path.rmdir()
        for pause in PAUSES:
            with suppress(PermissionError):
                draft.replace(path)
                return
            sleep(pause)
    draft.replace(path)


_STEM = 50  # characters of a name that its temporary file has too: file systems limit names


def _draft(path: Path) -> Path:
    """A temporary name beside a path, which cannot be guessed; raises OSError for `.` and `/`.

    Raises RnnreplError for a name that Windows would not take as it is.
    """
    if not path.name:
        raise IsADirectoryError(EISDIR, "it is a folder", str(path))
    check_new_name(path)
    return path.with_name(f".{path.name[:_STEM]}.{os.urandom(8).hex()}.tmp")


def _create(path: Path, mode: int | None, *, private: bool) -> BinaryIO:
    """Creates a file, which must not exist, with a mode or else the default mode."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o600 if private or mode is not None else 0o666)
    if mode is not None and hasattr(os, "fchmod"):  # Windows has no such modes
        os.fchmod(handle, mode)
    return os.fdopen(handle, "wb")


def _mode(path: Path) -> int | None:
    """The mode of a file to replace; None if there is none, or only a link to a file."""
    with suppress(FileNotFoundError):
        if not S_ISREG(path.stat().st_mode):  # such as /dev/null, or a folder
            raise OSError(EINVAL, f"{path.name} is not a regular file", str(path))
        return None if path.is_symlink() else S_IMODE(path.stat().st_mode)
    return None


def remove(path: Path) -> None:
    """Removes a file or a folder, ignoring missing files and what cannot be removed in a folder."""
    from shutil import rmtree  # slow to import

    is_folder = path.is_dir() and not path.is_symlink()
    rmtree(path, ignore_errors=True) if is_folder else path.unlink(missing_ok=True)


def remove_at_once(path: Path) -> Path | None:
    """Removes a file, a link or a folder: under its name it is there as a whole, or not at all.

    Returns the temporary folder with what cannot be removed, None if nothing is left. Raises
    OSError, with nothing changed, if the path cannot be renamed.
    """
    remove_drafts(path.parent, path.name)
    draft = _draft(path)
    path.rename(draft)
    sync(path.parent)
    remove(draft)
    return draft if os.path.lexists(draft) else None


def sync(folder: Path) -> None:
    """Makes a rename in a folder durable (POSIX; not needed on Windows)."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
