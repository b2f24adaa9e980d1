"""`next`: the distribution from which the next token would be drawn."""

from typing import Annotated

from rnnrepl.app.session import Device, ModelName, Session
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Prediction, Unit


@command(formats=("table", "json"))
def next(
    session: Session,
    text: Annotated[str, "what comes before", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    top: Annotated[int, "show the N likeliest tokens; 0 shows all"] = 10,
    unit: Annotated[Unit, "the unit of surprisal", SETTING] = "bits",
    device: Device = "cpu",
) -> Prediction:
    """Show which tokens may come next, and how likely each is.

    At the prompt the text goes on from where the conversation stands, and leaves it there. The
    probabilities are the model's own, before any temperature.
    """
    context = session.context if session.owns(model) else None
    return session.use(model, device).next_tokens(text, top=top, unit=unit, context=context)
