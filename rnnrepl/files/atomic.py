"""Atomic writes: files and folders appear on disk complete or not at all."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rnnrepl.errors import RnnreplError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns an OSError into an RnnreplError that names the folder."""
    try:
        yield
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        reason = "it no longer exists" if gone else (error.strerror or str(error)).lower()
        raise RnnreplError(
            f"Could not write to {folder}: {reason}; nothing was changed."
        ) from error


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yields a temporary folder to fill; it is renamed to `folder` if no exception is raised.

    The caller syncs the files in it. Temporary folders of killed processes are removed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_drafts(folder.parent, folder.name)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        draft.mkdir()
        yield draft
        sync(draft)
        draft.rename(folder)
        sync(folder.parent)
    finally:
        remove(draft)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yields a temporary file to write; it is renamed to `path` if no exception is raised."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def replace(path: Path, data: bytes) -> None:
    """Replaces a file: writes a temporary file, syncs it and renames it over the old one."""
    replace_all(path.parent, {path.name: data})


def replace_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replaces several files of a folder; all are written before the first is renamed."""
    drafts = {name: folder / f".{name}.{os.getpid()}.tmp" for name in files}
    try:
        for name, draft in drafts.items():
            with draft.open("wb") as file:
                file.write(files[name])
                file.flush()
                os.fsync(file.fileno())
        for name, draft in drafts.items():
            draft.replace(folder / name)
        sync(folder)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def link(path: Path, other: Path) -> None:
    """Makes `other` a hard link to a file (or a copy), which stays when `path` is replaced."""
    draft = other.with_name(f".{other.name}.{os.getpid()}.tmp")
    try:
        os.link(path, draft)
    except OSError:  # a file system without hard links
        replace(other, path.read_bytes())
    else:
        draft.replace(other)
        draft.unlink(missing_ok=True)  # renaming over a link to the same file does nothing
        sync(other.parent)


def remove_drafts(folder: Path, name: str = "") -> None:
    """Removes temporary files of killed processes from a folder, for one name or for all."""
    draft = re.compile(rf"\.{re.escape(name) or '.+'}\.\d+\.tmp")
    for path in folder.iterdir():
        if draft.fullmatch(path.name):
            remove(path)


def remove(path: Path) -> None:
    """Removes a file or a folder, ignoring missing files and what cannot be removed in a folder."""
    from shutil import rmtree  # slow to import

    rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Makes a rename in a folder durable (POSIX; not needed on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
