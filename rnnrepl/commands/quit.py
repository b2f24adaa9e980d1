"""`quit`: leave the prompt."""

from rnnrepl.app.session import Session
from rnnrepl.grammar import command


@command()
def quit(session: Session) -> None:
    """Leave, as Ctrl-D does."""
    session.over = True
