"""`quit`: ends the prompt."""

from rnnrepl.app.session import Session
from rnnrepl.grammar import command


@command()
def quit(session: Session) -> None:
    """Leave the prompt, as Ctrl-D does.

    Examples:
        quit
    """
    session.over = True
