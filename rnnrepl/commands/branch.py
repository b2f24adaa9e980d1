"""`branch`: the alternatives at the current position."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.conversation.nodes import alternatives
from rnnrepl.errors import usage
from rnnrepl.grammar import command
from rnnrepl.ranges import INDEX
from rnnrepl.results.session import Notice, TreeNode


@command(formats=("table", "json"))
def branch(
    session: Session,
    number: Annotated[int, "number of the branch to switch to, from 1", INDEX] = 0,
) -> Iterator[TreeNode | Notice]:
    """List the alternatives at the current position, or switch to one.

    Every :retry adds an alternative, and so does text typed after :back or :undo.

    Examples:
        branch
        branch 2
    """
    nodes = list(alternatives(session.conversation))
    if not number:
        yield from nodes
        return
    if not 1 <= number <= len(nodes):
        raise usage(f"There is no branch {number} here; :branch lists them.")
    session.conversation.goto(str(nodes[number - 1].node))
    yield session.place()
