"""`reset`: the conversation begins anew."""

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results import Notice


@command()
def reset(session: Session) -> Notice:
    """Forget the conversation and begin anew."""
    session.reset()
    return Notice("The model has forgotten the conversation.")
