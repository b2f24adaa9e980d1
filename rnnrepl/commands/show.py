"""`show`: describes a model."""

from typing import TYPE_CHECKING

from rnnrepl.app.session import ModelName, Session
from rnnrepl.grammar import command

if TYPE_CHECKING:
    from rnnrepl.results.models import ModelCard


@command(formats=("table", "json"))
def show(session: Session, model: ModelName = None) -> "ModelCard":
    """Describe a model: its network, origin and results.

    Examples:
        show shakespeare-char
        show shakespeare-word --format json
    """
    from rnnrepl import lookup
    from rnnrepl.checkpoint import registry

    folder, _ = lookup.model_folder(session.name if model is None else model)
    return registry.describe(folder)
