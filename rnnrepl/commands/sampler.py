"""`sampler`: the chain of samplers at work on one token."""

from collections.abc import Iterator
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
) -> Iterator[SamplerStage]:
    """Show what each sampler leaves of the next token's candidates.

    Their mass is what they have together under the model. At the prompt the text goes on from where
    the conversation stands, and leaves it there.
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
