"""`more`: the model goes on."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Match, Session, Show
from rnnrepl.conversation.turns import generate
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar import SETTING, AtLeast, command
from rnnrepl.results import Notice, Piece, Sample
from rnnrepl.sampling import Sampling


@command(formats=("text", "table", "json"))
def more(
    session: Session,
    length: Annotated[int, "draw at most N tokens", AtLeast(0), SETTING] = 200,
    *,
    seed: Annotated[int | None, "draw with seed S, the same each time", AtLeast(0), SETTING] = None,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    show: Show = "text",
) -> Iterator[Piece | Sample | Notice]:
    """Let the model go on, as Enter alone does."""
    request = GenerationRequest(length=length, sampling=sampling, match=match)
    return generate(session.model, session.conversation, request, seed=seed, show=show)
