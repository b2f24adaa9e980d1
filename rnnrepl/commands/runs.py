"""`runs`: lists the training runs."""

from collections.abc import Iterable

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice, RunInfo


@command(formats=("table", "json"))
def runs(session: Session) -> Iterable[RunInfo | Notice]:
    """List the training runs, with their progress or result.

    Examples:
        runs
        runs --format json
    """
    from rnnrepl.training.runs import registry

    return registry.runs() or [Notice("There are no runs yet: `rnnrepl train` starts one.")]
