"""`back`: removes the last tokens."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.conversation.turns import reader
from rnnrepl.grammar import command
from rnnrepl.ranges import COUNT
from rnnrepl.results.session import Notice


@command()
def back(
    session: Session, count: Annotated[int, "number of tokens to remove", COUNT] = 1
) -> Notice:
    """Remove the last tokens and continue from there.

    A piece that is cut becomes two; :redo restores the second.

    Examples:
        back
        back 12
    """
    session.conversation.back(count, reader(session.model))
    return session.place()
