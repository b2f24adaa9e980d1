"""`help`: what can be typed."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.grammar.help import manual, overview
from rnnrepl.results import Piece


@command()
def help(
    session: Session,
    command: Annotated[str, "the command to explain", Kind.COMMAND] = "",
) -> Piece:
    """Explain a command, or list them all."""
    from rnnrepl.commands import every, find

    if command:
        return Piece(manual(find(command.removeprefix(":")), session.door))
    return Piece(overview(every(session.door), session.door))
