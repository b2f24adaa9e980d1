"""`sampler`: the effect of each sampler on the next token."""

from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Device, ModelName, Session
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.results.samples import SamplerStage


@command(formats=("table", "json"))
def sampler(
    session: Session,
    text: Annotated[str, "the text before", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    sampling: Annotated[Sampling, SETTING],
    device: Device = "cpu",
) -> "list[SamplerStage]":
    """Show how many candidates for the next token each sampler keeps.

    Mass is the total probability of the candidates under the model. At the prompt the text follows
    the conversation, which does not change.

    Examples:
        sampler --top-k 40 --top-p 0.9 "To be, or not to"
        sampler --preset nucleus "To be"
    """
    context = session.context if session.owns(model) else None
    return session.use(model, device).sampler_stages(text, sampling=sampling, context=context)
