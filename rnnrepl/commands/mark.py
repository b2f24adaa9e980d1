"""`mark`: names the current position."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results.session import Notice


@command()
def mark(session: Session, name: Annotated[str, "name of the mark; not a number"]) -> Notice:
    """Name the current position in the conversation, for :goto.

    Examples:
        mark storm
    """
    node = session.conversation.mark(name)
    return Notice(f"{name} is node {node.number}.")
