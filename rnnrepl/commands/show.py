"""`show`: everything that a model says of itself."""

from rnnrepl.app.session import ModelName, Session
from rnnrepl.grammar import command
from rnnrepl.results import ModelCard


@command(formats=("table", "json"))
def show(session: Session, model: ModelName = None) -> ModelCard:
    """Describe a model: its sizes, its origin, what it reached."""
    from rnnrepl import checkpoint
    from rnnrepl.checkpoint import registry

    folder, _ = registry.resolve(session.name if model is None else model)
    card = checkpoint.read_card(folder)
    return ModelCard(
        registry.model_name(folder), str(folder), card.network.parameters, card.to_dict()
    )
