"""`more`: generates more text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Length, Match, Seed, Session, Show
from rnnrepl.conversation.turns import generate
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar import SETTING, command
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.results.samples import Piece, Sample


@command(formats=("text", "table", "json"))
def more(
    session: Session,
    length: Length = None,
    *,
    seed: Seed = None,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    clamp: Clamp = (),
    show: Show = "text",
) -> "Iterator[Piece | Sample | Notice]":
    """Continue the text or the chat, as Enter on an empty line does.

    Examples:
        more
        more 500 --temperature 0.5
    """
    model, length = session.model.clamped(clamp), session.length(length)
    request = GenerationRequest(length=length, sampling=sampling, match=match)
    if session.chat:
        from rnnrepl.conversation.dialogue import seed_at

        seed = seed_at(session.conversation, seed)
        return session.chat.answer(model, session.conversation, request, seed=seed, show=show)
    return generate(model, session.conversation, request, seed=seed, show=show)
