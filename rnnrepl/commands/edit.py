"""`edit`: changes the last typed text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Length, Seed, Session, Show
from rnnrepl.conversation.turns import generate, retype
from rnnrepl.errors import usage
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar import SETTING, command
from rnnrepl.results.samples import Piece
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.results.samples import Sample


@command()
def edit(
    session: Session,
    *,
    editor: Annotated[bool, "edit in the program that $EDITOR names"] = False,
    length: Length = None,
    seed: Seed = None,
    sampling: Annotated[Sampling, SETTING],
    clamp: Clamp = (),
    show: Show = "text",
) -> "Iterator[Piece | Sample | Notice]":
    """Edit the text typed last, and let the model continue it.

    Only the text after the change is read again; the old text stays as a branch.

    Examples:
        edit
        edit --editor
    """
    if session.dialogs is None:
        raise usage("edit needs a terminal.")
    model, conversation = session.model.clamped(clamp), session.conversation
    pieces = conversation.line()
    old = "".join(piece.text for piece in pieces)
    text = session.dialogs.edit(old, editor=editor)
    if text is None or text == old:
        yield Notice("Nothing changed.")
        return
    node = retype(model, conversation, pieces, text)
    prompt = node.text if text else ""
    if kept := text[: len(text) - len(prompt)]:
        yield Piece(kept, prompt=True)
    request = GenerationRequest(prompt, session.length(length), sampling)
    if session.chat:
        yield from session.chat.answer(model, conversation, request, seed=seed, show=show)
        return
    if prompt:
        conversation.undo()
    yield from generate(model, conversation, request, seed=seed, show=show)
