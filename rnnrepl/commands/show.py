"""`show`: everything that a model says of itself."""

from rnnrepl.grammar import command
from rnnrepl.results import ModelCard
from rnnrepl.session import ModelName, Session


@command(formats=("table", "json"))
def show(session: Session, model: ModelName = None) -> ModelCard:
    """Describe a model: its sizes, its origin, what it reached."""
    from rnnrepl import checkpoint, library

    folder, _ = library.locate(session.name if model is None else model)
    card = checkpoint.read_card(folder)
    return ModelCard(library.title(folder), str(folder), card.network.parameters, card.to_dict())
