"""`goto`: moves to any node of the conversation."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results.session import Notice


@command()
def goto(
    session: Session, node: Annotated[str, "number or mark of a node; 0 is the beginning"]
) -> Notice:
    """Continue from another node of the conversation.

    :tree shows the numbers and marks.

    Examples:
        goto 3
        goto storm
    """
    session.conversation.goto(node)
    return session.place()
