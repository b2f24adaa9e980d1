"""`runs`: the training runs, those that go on and those that have ended."""

from collections.abc import Iterable

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice, RunInfo


@command(formats=("table", "json"))
def runs(session: Session) -> Iterable[RunInfo | Notice]:
    """List the training runs: how each stands, or how it ended."""
    from rnnrepl.training.runs import registry

    return registry.runs() or [Notice("There are no runs yet: `rnnrepl train` starts one.")]
