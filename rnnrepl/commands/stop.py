"""`stop`: stops a training run and keeps its model."""

from collections.abc import Iterator
from time import monotonic, sleep
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice

_PATIENCE = 2.0  # seconds that a run may take to end before it is said what it does
_INTERVAL = 0.05


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
    name = run or registry.name(folder)
    if not is_running(folder):
        raise RnnreplError(f"{name} is not running: `rnnrepl runs` lists how it ended.")
    request_stop(folder)
    session.reported.append(folder)
    end = monotonic() + _PATIENCE
    while is_running(folder) and monotonic() < end:
        sleep(_INTERVAL)
    if is_running(folder):
        yield Notice(f"{name} is stopping; it runs a final validation ...")
    summary = RunSummary()
    for event in Follower(folder).events(Event()):
        summary.add(event)
    yield Notice(f"{name}: {summary.end or 'ended without an entry in its log'}")
