"""`load`: changes the model of the session."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Device, Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice

_NOTES = 400  # characters of the notes of an importer


@command()
def load(
    session: Session,
    model: Annotated[str, "name, folder or hf:OWNER/NAME of the model", Kind.MODEL],
    *,
    device: Device = "cpu",
) -> Iterator[Notice]:
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
    yield Notice(
        f"{loaded.name}: {layers(config.cell, config.hidden)}, {config.vocabulary:,} tokens, "
        f"{config.parameters:,} parameters."
    )
    if session.settings["clamp"]:
        yield Notice("Units are still clamped: `:set clamp default` frees them.")
    if isinstance(notes := loaded.card.origin.get("notes"), list):  # of an imported model
        yield Notice(" ".join(" ".join(map(str, notes)).split())[:_NOTES])
