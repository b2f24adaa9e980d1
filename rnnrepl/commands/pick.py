"""`pick`: a person chooses the next tokens."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, command
from rnnrepl.results import Piece
from rnnrepl.sampling import Sampling


@command()
def pick(
    session: Session,
    *,
    seed: Annotated[int | None, "let the model run on with seed S", SETTING] = None,
    sampling: Annotated[Sampling, SETTING],
) -> Iterator[Piece]:
    """Choose the next tokens yourself, among the likeliest.

    Arrow keys or typing choose, Enter takes, Backspace goes back, Tab lets the model run on until
    the next key, Escape or Ctrl-C ends it and keeps what was chosen.
    """
    if session.dialogs is None:
        raise usage("pick needs a terminal.")
    from rnnrepl.conversation.picking import Picking

    picking = Picking(session.model, session.conversation, sampling, seed)
    try:
        session.dialogs.pick(picking)
    finally:
        picking.keep()
    yield Piece(picking.text)
