"""`edit`: the last typed line, changed."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session, Show
from rnnrepl.conversation.turns import generate, retype
from rnnrepl.errors import usage
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar import SETTING, command
from rnnrepl.results import Notice, Piece, Sample
from rnnrepl.sampling import Sampling


@command()
def edit(
    session: Session,
    *,
    editor: Annotated[bool, "in the editor that $EDITOR names"] = False,
    length: Annotated[int, "draw at most N tokens", SETTING] = 200,
    seed: Annotated[int | None, "draw with seed S, the same each time", SETTING] = None,
    sampling: Annotated[Sampling, SETTING],
    show: Show = "text",
) -> Iterator[Piece | Sample | Notice]:
    """Change what you typed last, and let the model continue that.

    Only what follows the change is read anew; the other text stays as a branch.
    """
    if session.dialogs is None:
        raise usage("edit needs a terminal.")
    model, conversation = session.model, session.conversation
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
    if prompt:
        conversation.undo()
    request = GenerationRequest(prompt, length, sampling)
    yield from generate(model, conversation, request, seed=seed, show=show)
