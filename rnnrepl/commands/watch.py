"""`watch`: shows a training run live."""

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.training.runs.events import RunEvent


@command(formats=("live", "json"))
def watch(
    session: Session,
    run: Annotated[str, "name or folder of the run (default: the active run)", Kind.RUN] = "",
) -> Iterator["RunEvent | Notice"]:
    """Show a training run until it ends.

    Ctrl-C closes the panel; the run continues. For a finished run, shows its final state.

    Examples:
        watch
        watch book-char
    """
    from threading import Event

    from rnnrepl.training.runs import registry
    from rnnrepl.training.runs.events import RunFailed
    from rnnrepl.training.runs.follow import Follower
    from rnnrepl.training.runs.lock import is_running, signal_handlers

    folder = registry.find(run)
    name, follower, left = registry.name(folder), Follower(folder), Event()
    if is_running(folder):
        yield Notice("Ctrl-C closes the panel; the run continues.")
    with signal_handlers({"SIGINT": left.set}):
        yield from follower.events(left)
    end = follower.history.ended
    if left.is_set():
        raise KeyboardInterrupt
    if isinstance(end, RunFailed):
        raise RnnreplError(end.message)
    if end is None:
        again = f"`rnnrepl train --resume {quote(str(folder))}`"
        raise RnnreplError(f"{name} was killed; {again} resumes it.")
