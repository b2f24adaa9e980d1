"""`runs`: lists the training runs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice

if TYPE_CHECKING:
    from rnnrepl.training.runs.events import RunInfo


@command(formats=("table", "json"))
def runs(session: Session) -> Iterable["RunInfo | Notice"]:
    """List the training runs, with their progress or result.

    Examples:
        runs
        runs --format json
    """
    from rnnrepl.training.runs import registry

    return registry.runs() or [Notice("There is no run yet; `rnnrepl train` begins one.")]
