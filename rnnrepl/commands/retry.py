"""`retry`: another sample from the same place."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Match, Session, Show
from rnnrepl.conversation.turns import generate
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar import SETTING, command
from rnnrepl.results import Notice, Piece, Sample
from rnnrepl.sampling import Sampling


@command(formats=("text", "table", "json"))
def retry(
    session: Session,
    length: Annotated[int, "draw at most N tokens", SETTING] = 200,
    *,
    seed: Annotated[int | None, "of the first sample here; each other adds 1", SETTING] = None,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    show: Show = "text",
) -> Iterator[Piece | Sample | Notice]:
    """Let the model write another continuation for its last one.

    The other stays as a branch: :branch lists them, :tree shows them all.
    """
    conversation, prompt = session.conversation, ""
    if conversation.at.kind != "typed" and conversation.at.parent:
        conversation.undo()
    place = conversation.at
    if seed is not None:
        seed += sum(piece.kind == "written" for piece in place.children)
    if place.kind == "typed" and place.parent:  # its text is shown again as the prompt
        prompt = place.text
        conversation.undo()
    request = GenerationRequest(prompt, length, sampling, match=match)
    return generate(session.model, conversation, request, seed=seed, show=show)
