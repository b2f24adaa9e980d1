"""`show`: everything that a model says of itself."""

from rnnrepl.grammar import command
from rnnrepl.results import ModelCard
from rnnrepl.session import Device, ModelName, Session


@command(formats=("table", "json"))
def show(session: Session, model: ModelName = None, *, device: Device = "cpu") -> ModelCard:
    """Describe a model: its sizes, its origin, what it reached."""
    return session.use(model, device).describe()
