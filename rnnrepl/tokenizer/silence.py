"""Importing plugins without their reading from or writing to the standard streams."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rnnrepl.errors import RnnreplError

STREAMS = ("stdin", "stdout", "stderr")


@contextmanager
def silence() -> Iterator[None]:
    """Runs the import of a plugin; raises RnnreplError if it prints to standard output.

    What it writes to standard error, or past Python to the file descriptors, is discarded; reading
    standard input finds its end.
    """
    before = {name: getattr(sys, name) for name in STREAMS}
    printed = io.StringIO()
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), printed, io.StringIO()
    try:
        with _closed_descriptors(before["stdout"]):
            yield
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)
    if text := printed.getvalue() if not printed.closed else "":
        raise RnnreplError(f"it prints when it is imported: {text.strip()[:40]!r}")


@contextmanager
def _closed_descriptors(stdout: Any) -> Iterator[None]:
    """Connects the descriptors 0 to 2 with nothing; not on a terminal, where a prompt is drawn."""
    with suppress(OSError, ValueError, AttributeError):
        stdout.flush()
    if os.isatty(1):
        yield
        return
    kept = {}
    for number in range(3):
        with suppress(OSError):  # closed by the shell
            kept[number] = os.dup(number)
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        for number in kept:
            os.dup2(nothing, number)
        yield
    finally:
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(nothing)
