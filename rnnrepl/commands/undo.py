"""`undo`: removes the last pieces."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.ranges import COUNT
from rnnrepl.results.session import Notice


@command()
def undo(
    session: Session, count: Annotated[int, "number of pieces to remove", COUNT] = 1
) -> Notice:
    """Undo the last piece, typed or generated.

    :redo restores it, :tree still shows it.

    Examples:
        undo
        undo 2
    """
    session.conversation.undo(count)
    return session.place()
