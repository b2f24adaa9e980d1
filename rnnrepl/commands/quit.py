"""`quit`: leave the prompt."""

from rnnrepl.grammar import command
from rnnrepl.session import Session


@command()
def quit(session: Session) -> None:
    """Leave, as Ctrl-D does."""
    session.over = True
