"""`say`: a turn in a chat, and the model's answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import TURN_LENGTH, Clamp, Seed, Session, Show
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.ranges import LENGTH
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.results.samples import Piece, Sample


@command(formats=("text", "table", "json"))
def say(
    session: Session,
    text: Annotated[str, "what you say; without a text, the model speaks", Kind.TEXT] = "",
    *,
    length: Annotated[int, "maximum length of a turn, in tokens", LENGTH, SETTING] = TURN_LENGTH,
    seed: Seed = None,
    sampling: Annotated[Sampling, SETTING],
    clamp: Clamp = (),
    show: Show = "text",
) -> "Iterator[Piece | Sample | Notice]":
    """Say something in a chat, and let the model answer.

    In a chat a line without a colon is said. Without a text the model speaks again; a turn that was
    cut off at --length or by Ctrl-C goes on. Turn n of the model has the seed S + n - 1.

    Examples:
        say "Good night, good night!"
        say --temperature 0.5 "Who is there?"
    """
    from rnnrepl.conversation.dialogue import seed_at
    from rnnrepl.generation.request import GenerationRequest

    if session.chat is None:
        raise usage("say needs a chat: `:chat ROMEO JULIET` begins one.")
    model = session.model.clamped(clamp)
    if text:
        yield from session.chat.say(model, session.conversation, text)
    request = GenerationRequest(length=length, sampling=sampling)
    seed = seed_at(session.conversation, seed)
    yield from session.chat.answer(model, session.conversation, request, seed=seed, show=show)
