"""`gen`: generates text with a model."""

from collections.abc import Iterable, Iterator
from heapq import nlargest
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import (
    TEXT_LENGTH,
    Clamp,
    Device,
    Match,
    ModelName,
    Seed,
    Session,
    Show,
)
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.ranges import COUNT, INDEX, LENGTH, SEED, Range
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.results.samples import Piece, Sample


@command(formats=("text", "table", "json"))
def gen(
    session: Session,
    prompt: Annotated[str, "text to continue", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    length: Annotated[int, "maximum length, in tokens", LENGTH, SETTING] = TEXT_LENGTH,
    count: Annotated[int, "number of samples", COUNT] = 1,
    best: Annotated[int, "show the K most likely; 0 shows all", INDEX] = 0,
    beam: Annotated[int, "width K of a beam search; 0 samples", Range(0, 10_000)] = 0,
    length_penalty: Annotated[float, "preference of beam search for length", Range(0, 100)] = 0.0,
    seed: Seed = None,
    stop: Annotated[tuple[str, ...], "stop before this text"] = (),
    ignore_eos: Annotated[bool, "continue after the end token"] = False,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    show: Show = "text",
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Iterator[Piece | Sample | Notice]":
    """Generate text: continue a text, or begin one.

    Generation ends at the end token, after --length tokens, before a --stop text, or when nothing
    longer can match --match. At the prompt it continues the conversation, except with --best
    and --beam. Sample n has the seed S + n - 1.

    Examples:
        gen --length 100 "ROMEO:"
        gen --temperature 1 --top-p 0.9 --seed 1 "ROMEO:"
        gen --count 3 --match "[A-Z]+:" --format json
    """
    from rnnrepl.conversation.tree import Conversation
    from rnnrepl.conversation.turns import PREFIX, generate
    from rnnrepl.generation.request import GenerationRequest

    if not 0 <= best <= count:
        raise usage(f"--best must be from 0 to --count {count}, not {best}.")
    SEED.check("--seed + --count - 1", (seed or 0) + count - 1)
    if beam > 0 and (best or count > beam):
        raise usage("--beam K shows its --count best texts: give --count 1 to K, and no --best.")
    if length_penalty and not beam:
        raise usage("--length-penalty needs --beam.")
    chosen = session.use(model, device).clamped(clamp)
    conversation = session.conversation if session.owns(model) else Conversation()
    begin, before = conversation.at, conversation.last_ids(PREFIX)
    context = begin.context
    request = GenerationRequest(prompt, length, sampling, stop, ignore_eos, match)
    if beam:
        yield from chosen.beam(
            request, width=beam, length_penalty=length_penalty, context=context, before=before
        )[:count]
    elif best or (count > 1 and session.interface == "shell"):
        samples = chosen.samples(request, count=count, seed=seed, context=context, before=before)
        yield from _counted(nlargest(best, samples, attrgetter("logprob")) if best else samples)
    else:
        for n in range(count):
            conversation.visit(begin)
            number = None if seed is None else seed + n
            yield from generate(chosen, conversation, request, seed=number, show=show)


def _counted(samples: "Iterable[Sample]") -> "Iterator[Sample | Notice]":
    """Yields the samples, then a notice of how many do not match the pattern."""
    count, unmatched = 0, 0
    for sample in samples:
        count, unmatched = count + 1, unmatched + (sample.matched is False)
        yield sample
    if unmatched:
        yield Notice(f"{unmatched:,} of {count:,} samples do not match the pattern.")
