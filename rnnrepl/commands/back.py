"""`back`: the last tokens are taken back."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.conversation.turns import reader
from rnnrepl.grammar import command
from rnnrepl.results import Notice


@command()
def back(session: Session, count: Annotated[int, "how many tokens"] = 1) -> Notice:
    """Take back the last tokens, and go on from there.

    A piece that is cut becomes two; :redo brings back the second.
    """
    session.conversation.back(count, reader(session.model))
    return session.place()
