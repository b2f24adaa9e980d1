"""`runs`: lists the training runs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.runs import RunInfo

MAX_PROBLEMS = 5  # that are listed


@command(formats=("table", "json"))
def runs(session: Session) -> "Iterator[RunInfo | Notice]":
    """List the training runs, with their progress or result.

    Examples:
        runs
        runs --format json
    """
    from rnnrepl.training.runs import registry

    listing = registry.listing()
    yield from listing.runs
    yield from (Notice(f"{name} is getting ready.") for name in session.getting_ready)
    if listing.problems:
        shown, more = listing.problems[:MAX_PROBLEMS], len(listing.problems) - MAX_PROBLEMS
        rest = [f"and {more:,} more"] if more > 0 else []
        yield Notice(f"Skipped what cannot be read: {'; '.join([*shown, *rest])}.")
    elif not listing.runs and not session.getting_ready:
        yield Notice("There are no runs yet: `rnnrepl train` starts one.")
