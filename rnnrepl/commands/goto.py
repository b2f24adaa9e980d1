"""`goto`: to any place of the tree."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice


@command()
def goto(
    session: Session, node: Annotated[str, "the number of a node, or its mark; 0 is the beginning"]
) -> Notice:
    """Go on from another place of the conversation."""
    session.conversation.goto(node)
    return session.place()
