"""rich's console, which leaves it to the program what a closed pipe means."""

from rich.console import Console


class PipeConsole(Console):
    """Raises BrokenPipeError where rich itself would end the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
