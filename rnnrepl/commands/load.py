"""`load`: another model for the session."""

from typing import Annotated

from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice
from rnnrepl.session import Device, Session


@command(doors=["prompt"])
def load(
    session: Session,
    model: Annotated[str, "the model, by name or folder", Kind.MODEL],
    *,
    device: Device = "cpu",
) -> Notice:
    """Load a model and begin a new conversation with it."""
    loaded = session.load(model, device)
    network = loaded.network.config
    sizes = " + ".join(map(str, network.hidden))
    return Notice(
        f"{loaded.name}: {network.cell} {sizes}, {network.vocabulary:,} tokens, "
        f"{network.parameters:,} parameters."
    )
