"""A rich console that lets the program handle a closed pipe."""

from rich.console import Console


class PipeConsole(Console):
    """Raises BrokenPipeError where rich would exit the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
