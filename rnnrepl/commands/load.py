"""`load`: another model for the session."""

from typing import Annotated

from rnnrepl.app.session import Device, Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice


@command()
def load(
    session: Session,
    model: Annotated[str, "the model, by name or folder", Kind.MODEL],
    *,
    device: Device = "cpu",
) -> Notice:
    """Load a model and begin a new conversation with it.

    While it is still being trained the session follows it: a later line finds its newer weights,
    and the conversation is read anew by them. NAME is the best of a run so far, NAME@last the
    newest.
    """
    from rnnrepl.render.numbers import layers

    loaded = session.load(model, device)
    config = loaded.config
    return Notice(
        f"{loaded.name}: {layers(config.cell, config.hidden)}, {config.vocabulary:,} tokens, "
        f"{config.parameters:,} parameters."
    )
