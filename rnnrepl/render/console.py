"""A rich console that lets the program handle a closed pipe, and pads no table in a pipe."""

from typing import Any

from rich.console import Console
from rich.text import Text


class PipeConsole(Console):
    """Raises BrokenPipeError where rich would exit the program.

    Rows of tables that are not for a terminal end without the spaces that fill up their cells.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints as rich does."""
        if self.is_terminal or all(isinstance(each, str | Text) for each in objects):
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write("\n".join(row.rstrip(" ") for row in captured.get().split("\n")))
        self.file.flush()  # a reader may be waiting for it

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
