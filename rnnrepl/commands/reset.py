"""`reset`: begins a new conversation."""

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results.session import Notice


@command()
def reset(session: Session) -> Notice:
    """Discard the conversation and begin a new one.

    Examples:
        reset
    """
    session.reset()
    return Notice("A new conversation begins.")
