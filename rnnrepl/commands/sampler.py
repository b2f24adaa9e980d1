"""`sampler`: the effect of each sampler on the next token."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Device, ModelName, Session
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import SamplerStage
from rnnrepl.sampling import Sampling


@command(formats=("table", "json"))
def sampler(
    session: Session,
    text: Annotated[str, "the text before", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    sampling: Annotated[Sampling, SETTING],
    device: Device = "cpu",
) -> Iterator[SamplerStage]:
    """Show how many candidates for the next token each sampler keeps.

    Mass is the total probability of the candidates under the model. At the prompt the text follows
    the conversation, which does not change.

    Examples:
        sampler --top-k 40 --top-p 0.9 "To be, or not to"
        sampler --preset nucleus "To be"
    """
    from rnnrepl.generation.marking import marked
    from rnnrepl.sampling.chain import Chain
    from rnnrepl.sampling.draw import trail
    from rnnrepl.sampling.survey import survey

    chosen = session.use(model, device)
    context = session.context if session.owns(model) else None
    after = chosen.read(text, context)
    logits, _ = chosen.network.step(after.id, after.state)
    chain = Chain(sampling, marked(sampling, chosen.tokenizer))
    yield from survey(logits, chain, trail(0, chosen.tokenizer.ids(text).tolist()))
