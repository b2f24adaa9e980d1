"""A rich console that lets the program handle a closed pipe, and pads no line in a pipe."""

import re
from typing import Any

from rich.console import Console

_PADDING = re.compile(r" +$", re.MULTILINE)


class PipeConsole(Console):
    """Raises BrokenPipeError where rich would exit the program.

    Lines that are not for a terminal end without the spaces that fill up their cells.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints as rich does."""
        if self.is_terminal:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write(_PADDING.sub("", captured.get()))
        self.file.flush()  # a reader may be waiting for it

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
