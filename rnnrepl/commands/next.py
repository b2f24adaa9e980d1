"""`next`: the distribution of the next token."""

from typing import Annotated

from rnnrepl.app.session import Device, ModelName, Session
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.ranges import INDEX
from rnnrepl.results import Prediction, Unit


@command(formats=("table", "json"))
def next(
    session: Session,
    text: Annotated[str, "the text before", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    top: Annotated[int, "number of tokens to show; 0 shows all", INDEX] = 10,
    unit: Annotated[Unit, "unit of surprisal", SETTING] = "bits",
    device: Device = "cpu",
) -> Prediction:
    """Show the most likely next tokens and their probabilities.

    At the prompt the text follows the conversation, which does not change. The probabilities are
    those of the model, at temperature 1.

    Examples:
        next "To be, or not to"
        next --top 3 --model shakespeare-word "To be, or not to"
    """
    context = session.context if session.owns(model) else None
    return session.use(model, device).next_tokens(text, top=top, unit=unit, context=context)
