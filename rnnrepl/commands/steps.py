"""`steps`: what the network computes at each time step of a text."""

from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, ModelName, Session
from rnnrepl.grammar import Kind, command
from rnnrepl.ranges import COUNT

if TYPE_CHECKING:
    from rnnrepl.results.steps import Steps


@command(formats=("table", "json"))
def steps(
    session: Session,
    text: Annotated[str, "text to read", Kind.TEXT],
    *,
    top: Annotated[int, "number of likeliest tokens to show", COUNT] = 5,
    full: Annotated[bool, "show all vectors and matrices (default: of tiny networks)"] = False,
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Steps":
    """Show what the network computes at each time step.

    Step t reads x<t> = y<t-1> in state a<t-1> and predicts y<t>, the token t of the text; it begins
    with x<1> = 0 and a<0> = 0. Shows the formulas of the cell, then for each step the gates, the
    state a<t> and, for an LSTM, c<t>, the logits z<t>, and the softmax.

    Below each step is the probability of the text so far, the product of the steps.

    Networks of at most 8 units a layer and 32 tokens are shown with all vectors and matrices.

    Examples:
        steps "To be"
        steps --top 3 "To be"
        steps --full --format json "To"
    """
    return session.use(model, device).clamped(clamp).steps(text, top=top, full=full)
