"""`redo`: restores removed pieces."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.ranges import COUNT
from rnnrepl.results.session import Notice


@command()
def redo(
    session: Session, count: Annotated[int, "number of pieces to restore", COUNT] = 1
) -> Notice:
    """Restore the piece that was undone last.

    Examples:
        redo
        redo 2
    """
    session.conversation.redo(count)
    return session.place()
