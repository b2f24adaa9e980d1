"""`load`: changes the model of the session."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Annotated

from rnnrepl.app.session import Device, Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice

_NOTES = 400  # characters of the notes of an importer
_INTERVAL = 0.05  # seconds between two looks at a run that is getting ready


@command()
def load(
    session: Session,
    model: Annotated[str, "name, folder or hf:OWNER/NAME of the model", Kind.MODEL],
    *,
    device: Device = "cpu",
) -> Iterator[Notice]:
    """Load a model and begin a new conversation with it.

    A run in the background that is still getting ready is waited for. During training the session
    follows the model: each line uses the newest weights, and the
    conversation is read again with them. NAME is the best model of a run, NAME@last the newest.

    Examples:
        load shakespeare-word
        load shakespeare-char --device cpu
    """
    from rnnrepl.render.numbers import layers

    yield from _begun(session, model)
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


def _begun(session: Session, model: str) -> Iterator[Notice]:
    """Waits for a run of the session that is still getting ready: it has no model yet."""
    if not session.getting_ready:
        return
    from rnnrepl.checkpoint.registry import AT_LAST
    from rnnrepl.training.runs import registry

    plain = model.removesuffix(AT_LAST)
    names = {plain, registry.name(Path(plain).absolute())}
    if names.isdisjoint(session.getting_ready):
        return
    yield Notice(f"{plain} is getting ready ...")
    while not names.isdisjoint(session.getting_ready):
        sleep(_INTERVAL)
