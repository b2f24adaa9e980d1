"""`branch`: the alternatives at a place."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.conversation.nodes import alternatives
from rnnrepl.errors import usage
from rnnrepl.grammar import command
from rnnrepl.results import Notice, TreeNode


@command(formats=("table", "json"))
def branch(
    session: Session, number: Annotated[int, "take this one of them, from 1"] = 0
) -> Iterator[TreeNode | Notice]:
    """List the branches from here, or take one of them.

    Every :retry adds one, and so does everything typed after going back.
    """
    found = list(alternatives(session.conversation))
    if not number:
        yield from found
        return
    if not 1 <= number <= len(found):
        raise usage(f"There is no branch {number} here; :branch lists them.")
    session.conversation.goto(str(found[number - 1].node))
    yield session.place()
