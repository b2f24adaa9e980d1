"""`undo`: the last piece is taken back."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice


@command()
def undo(session: Session, count: Annotated[int, "how many pieces"] = 1) -> Notice:
    """Take back the last piece, typed or written.

    Nothing is lost: :redo brings it back, :tree shows it.
    """
    session.conversation.undo(count)
    return session.place()
