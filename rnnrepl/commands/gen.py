"""`gen`: the model writes on."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Piece, Sample
from rnnrepl.sampling import Sampling
from rnnrepl.session import Device, ModelName, Session


@command(formats=("text", "json"))
def gen(
    session: Session,
    prompt: Annotated[str, "the text to continue", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    length: Annotated[int, "draw at most N tokens", SETTING] = 200,
    count: Annotated[int, "draw N samples"] = 1,
    seed: Annotated[int | None, "draw with seed S, the same each time", SETTING] = None,
    stop: Annotated[tuple[str, ...], "end before this text"] = (),
    past_eos: Annotated[bool, "go on when the end token is drawn"] = False,
    sampling: Annotated[Sampling, SETTING],
    device: Device = "cpu",
) -> Iterator[Piece | Sample]:
    """Let the model continue a text, or begin one.

    It goes on until it draws the end token, has drawn all tokens, or has written a text to stop at.
    At the prompt it continues from where the conversation stands. Sample n of several is drawn with
    seed S + n - 1.
    """
    if count < 1:
        raise usage(f"--count takes 1 or more, not {count}.")
    chosen = session.use(model, device)
    own = session.owns(model)
    begin = session.context if own else None
    for n in range(count):
        generation = chosen.stream(
            prompt,
            length=length,
            seed=None if seed is None else seed + n,
            sampling=sampling,
            stop=stop,
            past_eos=past_eos,
            context=begin,
        )
        try:
            yield from generation
        finally:
            if own:
                session.context = generation.context
        yield generation.sample
