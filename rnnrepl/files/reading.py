"""Opening files for reading: regular files only, without blocking, of bounded size."""

import errno
import os
import sys
from io import BufferedReader
from pathlib import Path
from stat import S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK

_KINDS = {
    S_IFBLK: "a device",
    S_IFCHR: "a device",
    S_IFIFO: "a pipe",
    S_IFLNK: "a symbolic link",
    S_IFSOCK: "a socket",
}

# What Windows lacks is 0 there. O_NONBLOCK: a pipe that just replaced a file does not block either.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)

# A pipe below these is the shell's (`<(command)`, /dev/stdin): it ends when its writer does. A
# named pipe elsewhere may never have a writer.
_STREAMS = ("/dev/", "/proc/")


def open_regular(
    path: Path, *, follow_symlinks: bool = True, pipes: bool = False
) -> BufferedReader:
    """Opens a regular file for reading bytes; raises OSError for everything else, at once.

    Without `follow_symlinks` a path that is a symbolic link is refused; `below` checks its parents.
    With `pipes` a pipe of the shell, `<(command)`, is read too. Every error has a `strerror` that
    can be shown: for a pipe "it is a pipe, not a file".
    """
    try:
        # Checked before it is opened, because opening a pipe or a device has effects.
        _check(path.stat(follow_symlinks=follow_symlinks).st_mode, path, pipes)
        handle = os.open(path, _FLAGS | (0 if follow_symlinks else _NOFOLLOW))
    except ValueError:  # a NUL or a lone surrogate in the path
        raise OSError(errno.EINVAL, "no file can have this name", str(path)) from None
    try:
        _check(os.fstat(handle).st_mode, path, pipes)
        if sys.platform != "win32":
            os.set_blocking(handle, True)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_bytes(path: Path, limit: int) -> bytes:
    """Returns the contents of a regular file of at most `limit` bytes.

    Raises OSError as `open_regular` does, and for a larger file before it is read.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise OSError(errno.EFBIG, f"it has more than {limit:,} bytes", str(path))
        return file.read(size)


def below(folder: Path, path: Path) -> Path:
    """Returns folder / path; raises OSError if a part of `path` is a symbolic link."""
    whole = folder
    for part in path.parts:
        whole /= part
        if whole.is_symlink():
            raise _refused(S_IFLNK, whole)
    return whole


def exists(path: Path) -> bool:
    """Returns whether a path has an entry, be it a dangling link.

    Raises OSError if that is not known: a folder may not be entered, or a name is too long.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def is_stream(path: Path) -> bool:
    """Whether a path names a pipe or an open file of the process, which is read only once."""
    if str(path).startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/")):
        return True
    try:
        return S_IFMT(path.stat().st_mode) == S_IFIFO
    except (OSError, ValueError):
        return False


def _check(mode: int, path: Path, pipes: bool) -> None:
    kind = S_IFMT(mode)
    if kind == S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if kind != S_IFREG and not (kind == S_IFIFO and pipes and str(path).startswith(_STREAMS)):
        raise _refused(kind, path)


def _refused(kind: int, path: Path) -> OSError:
    reason = f"it is {_KINDS.get(kind, 'something else')}, not a file"
    return OSError(errno.EINVAL, reason, str(path))
