"""`more`: generates more text."""

from collections.abc import Iterator
from typing import Annotated, Any

from rnnrepl.app.session import Match, Session, Show
from rnnrepl.conversation.turns import write
from rnnrepl.grammar import SETTING, AtLeast, command
from rnnrepl.results import Notice, Piece, Sample
from rnnrepl.sampling import Sampling


@command(formats=("text", "table", "json"))
def more(
    session: Session,
    length: Annotated[int, "maximum number of tokens to generate", AtLeast(0), SETTING] = 200,
    *,
    seed: Annotated[
        int | None, "random seed S (default: a new one each time)", AtLeast(0), SETTING
    ] = None,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    show: Show = "text",
) -> Iterator[Piece | Sample | Notice]:
    """Continue the text, as Enter on an empty line does.

    Examples:
        more
        more 500 --temperature 0.5
    """
    options: dict[str, Any] = {"length": length, "seed": seed, "sampling": sampling, "show": show}
    options["match"] = match
    return write(session.model, session.conversation, "", **options)
