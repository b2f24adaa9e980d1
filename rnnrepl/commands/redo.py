"""`redo`: what was taken back is there again."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice


@command()
def redo(session: Session, count: Annotated[int, "how many pieces"] = 1) -> Notice:
    """Bring back the piece that was taken back last."""
    session.conversation.redo(count)
    return session.place()
