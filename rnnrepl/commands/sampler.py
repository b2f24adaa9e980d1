"""`sampler`: the chain of samplers at work on one token."""

from typing import Annotated

from rnnrepl.app.session import Device, ModelName, Session
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import SamplerStage
from rnnrepl.sampling import Sampling


@command(formats=("table", "json"))
def sampler(
    session: Session,
    text: Annotated[str, "what comes before", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    sampling: Annotated[Sampling, SETTING],
    device: Device = "cpu",
) -> list[SamplerStage]:
    """Show what each sampler leaves of the next token's candidates.

    Their mass is what they have together under the model. At the prompt the text goes on from where
    the conversation stands, and leaves it there.
    """
    context = session.context if session.owns(model) else None
    return session.use(model, device).sampler_stages(text, sampling=sampling, context=context)
