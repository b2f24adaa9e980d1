"""`mark`: a name for a place."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice


@command()
def mark(session: Session, name: Annotated[str, "a word that is not a number"]) -> Notice:
    """Name the place where the conversation stands, for :goto."""
    node = session.conversation.mark(name)
    return Notice(f"{name} is node {node.number}.")
