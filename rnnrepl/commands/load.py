"""`load`: changes the model of the session."""

from typing import Annotated

from rnnrepl.app.session import Device, Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def load(
    session: Session,
    model: Annotated[str, "name, folder or hf:OWNER/NAME of the model", Kind.MODEL],
    *,
    device: Device = "cpu",
) -> Notice:
    """Load a model and begin a new conversation with it.

    During training the session follows the model: each line uses the newest weights, and the
    conversation is read again with them. NAME is the best model of a run, NAME@last the newest.

    Examples:
        load shakespeare-word
        load shakespeare-char --device cpu
    """
    from rnnrepl.render.numbers import layers

    loaded = session.load(model, device)
    config = loaded.config
    return Notice(
        f"{loaded.name}: {layers(config.cell, config.hidden)}, {config.vocabulary:,} tokens, "
        f"{config.parameters:,} parameters."
    )
