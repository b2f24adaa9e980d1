"""`stop`: stops a training run and keeps its model."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def stop(
    session: Session,
    run: Annotated[str, "name or folder of the run (default: the active run)", Kind.RUN] = "",
) -> Iterator[Notice]:
    """Stop a training run and keep its model.

    Examples:
        stop
        stop book-char
    """
    from threading import Event

    from rnnrepl.render.training.summary import RunSummary
    from rnnrepl.training.runs import registry
    from rnnrepl.training.runs.follow import Follower
    from rnnrepl.training.runs.lock import is_running, request_stop

    folder = registry.find(run)
    name = registry.name(folder)
    if not is_running(folder):
        raise RnnreplError(f"{name} is not running: `rnnrepl runs` lists how it ended.")
    request_stop(folder)
    yield Notice(f"{name} is stopping; it runs a final validation ...")
    summary = RunSummary()
    for event in Follower(folder).events(Event()):
        summary.add(event)
    yield Notice(f"{name}: {summary.end or 'ended without an entry in its log'}")
