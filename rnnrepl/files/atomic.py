"""Files and folders that appear on the disk whole or not at all, whatever happens meanwhile."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rnnrepl.errors import RnnreplError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what the disk refuses into one sentence."""
    try:
        yield
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        reason = "it has vanished" if gone else (error.strerror or str(error)).lower()
        raise RnnreplError(
            f"Could not write to {folder}: {reason}; nothing was changed."
        ) from error


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A draft of a new folder, to be filled; it takes its place when all went well.

    The files in it must have been synced. Drafts of killed processes are removed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent, folder.name)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        draft.mkdir()
        yield draft
        sync(draft)
        draft.rename(folder)
        sync(folder.parent)
    finally:
        remove(draft)


def replace(path: Path, data: bytes) -> None:
    """Puts data into a file by writing another, syncing it and renaming it over the old one."""
    replace_all(path.parent, {path.name: data})


def replace_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """The same for several files: all are written before the first takes its place."""
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


def keep(path: Path, other: Path) -> None:
    """Gives a file a second name in its folder, under which it stays when the first is replaced."""
    draft = other.with_name(f".{other.name}.{os.getpid()}.tmp")
    try:
        os.link(path, draft)
    except OSError:  # a file system without such names
        replace(other, path.read_bytes())
    else:
        draft.replace(other)
        draft.unlink(missing_ok=True)  # renaming a name of a file over another of it does nothing
        sync(other.parent)


def sweep(folder: Path, name: str = "") -> None:
    """Removes the drafts, of one name or of all, that killed processes left in a folder."""
    draft = re.compile(rf"\.{re.escape(name) or '.+'}\.\d+\.tmp")
    for path in folder.iterdir():
        if draft.fullmatch(path.name):
            remove(path)


def remove(path: Path) -> None:
    """Removes a file, or of a folder what the system allows; one that is gone is no matter."""
    from shutil import rmtree  # only now: every start would pay for it

    rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Makes a rename durable; Windows has no such call and needs none."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
