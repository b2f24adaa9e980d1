"""`pick`: lets the user choose the next tokens."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Clamp, Session
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, command
from rnnrepl.ranges import SEED
from rnnrepl.results.samples import Piece
from rnnrepl.sampling import Sampling


@command()
def pick(
    session: Session,
    *,
    seed: Annotated[
        int | None, "random seed S of the tokens that the model adds", SEED, SETTING
    ] = None,
    sampling: Annotated[Sampling, SETTING],
    clamp: Clamp = (),
) -> Iterator[Piece]:
    """Choose the next tokens yourself, from a list of the most likely.

    `rnnrepl help keys` lists its keys.

    Examples:
        pick
        pick --seed 1
    """
    if session.dialogs is None:
        raise usage("pick needs a terminal.")
    from rnnrepl.conversation.picking import Picking

    picking = Picking(session.model.clamped(clamp), session.conversation, sampling, seed)
    try:
        session.dialogs.pick(picking)
    finally:
        picking.keep()
    yield Piece(picking.text)
