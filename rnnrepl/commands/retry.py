"""`retry`: generates another sample from the same position."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Length, Match, Session, Show
from rnnrepl.conversation.turns import generate
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar import SETTING, command
from rnnrepl.ranges import SEED
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.results.samples import Piece, Sample


@command(formats=("text", "table", "json"))
def retry(
    session: Session,
    length: Length = None,
    *,
    seed: Annotated[
        int | None, "random seed of the first sample here; later ones add 1", SEED, SETTING
    ] = None,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    clamp: Clamp = (),
    show: Show = "text",
) -> "Iterator[Piece | Sample | Notice]":
    """Generate another continuation in place of the last one.

    The last one stays as a branch: :branch lists the alternatives, :tree shows all. In a chat it is
    another answer.

    Examples:
        retry
        retry 50 --temperature 1.2
    """
    conversation, prompt, length = session.conversation, "", session.length(length)
    model = session.model.clamped(clamp)
    if session.chat:
        request = GenerationRequest(length=length, sampling=sampling, match=match)
        return session.chat.again(model, conversation, request, seed=seed, show=show)
    if conversation.at.kind != "typed" and conversation.at.parent:
        conversation.undo()
    place = conversation.at
    if seed is not None:
        seed += sum(piece.kind == "written" for piece in place.children)
    if place.kind == "typed" and place.parent:  # its text is shown again as the prompt
        prompt = place.text
        conversation.undo()
    request = GenerationRequest(prompt, length, sampling, match=match)
    return generate(model, conversation, request, seed=seed, show=show)
