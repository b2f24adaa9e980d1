"""`chat`: a conversation in turns with a model, or between two speakers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import TURN_LENGTH, Clamp, Seed, Session, Show
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.ranges import COUNT, LENGTH
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.results.samples import Piece, Sample


@command(formats=("text", "table", "json"))
def chat(
    session: Session,
    speaker: Annotated[
        tuple[str, ...], "your name, then the model's; without names, ends the chat", Kind.SPEAKER
    ] = (),
    *,
    both: Annotated[bool, "let the two talk to each other until Ctrl-C"] = False,
    with_: Annotated[str | None, "with --both: the model of the second speaker", Kind.MODEL] = None,
    count: Annotated[int | None, "with --both: stop after N turns", COUNT] = None,
    turn: Annotated[
        str,
        r"form of a turn, as in '{name}: {text}\n' (default: that of the model)",
        Kind.TURN,
        SETTING,
    ] = "",
    length: Annotated[int, "maximum length of a turn, in tokens", LENGTH, SETTING] = TURN_LENGTH,
    seed: Seed = None,
    sampling: Annotated[Sampling, SETTING],
    clamp: Clamp = (),
    show: Show = "text",
) -> "Iterator[Piece | Sample | Notice]":
    r"""Talk to a model that answers as a speaker of its training text.

    Each line without a colon is then said by the first speaker, and the model answers as the
    second one until the turn ends. Enter on an empty line lets the model go on. :chat ends the
    chat; :retry, :undo and :tree work on its turns.

    The form of a turn comes from the model, where its training text has turns, or from --turn; \n
    is a line end.

    Examples:
        chat ROMEO JULIET
        chat --both --count 4 ROMEO JULIET
        chat --turn "{name}: {text}\n" You Bot
    """
    from rnnrepl.conversation.dialogue import Dialogue
    from rnnrepl.generation.request import GenerationRequest

    if not speaker and session.chat:
        if not both:
            session.chat = None
            yield Notice("The chat has ended; the conversation goes on as a text.")
            return
        speaker = session.chat.speaker, session.chat.partner
    if (with_ or count) and not both:
        raise usage("chat takes --with and --count with --both.")
    model = session.model.clamped(clamp)
    other = session.use(with_, session.settings["device"]).clamped(clamp) if with_ else None
    dialogue = Dialogue.begin(model, speaker, turn)
    yield from dialogue.strangers()
    session.chat = dialogue
    if not both:
        yield Notice(
            f"You are {dialogue.speaker}, and {model.name} answers as {dialogue.partner}. Enter "
            "alone lets it speak, :chat ends the chat."
        )
        return
    request = GenerationRequest(length=length, sampling=sampling)
    yield from dialogue.exchange(
        model, session.conversation, request, other=other, count=count, seed=seed, show=show
    )
