"""`gen`: the model writes on."""

from collections.abc import Iterable, Iterator
from heapq import nlargest
from operator import attrgetter
from typing import Annotated

from rnnrepl.app.session import Device, Match, ModelName, Session, Show
from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import PREFIX, generate
from rnnrepl.errors import usage
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar import SETTING, AtLeast, Kind, command
from rnnrepl.results import Notice, Piece, Sample
from rnnrepl.sampling import Sampling


@command(formats=("text", "table", "json"))
def gen(
    session: Session,
    prompt: Annotated[str, "the text to continue", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    length: Annotated[int, "draw at most N tokens", AtLeast(0), SETTING] = 200,
    count: Annotated[int, "draw N samples", AtLeast(1)] = 1,
    best: Annotated[int, "keep the K likeliest of them; 0 keeps all"] = 0,
    beam: Annotated[int, "look for the likeliest texts, K at a time, and draw none"] = 0,
    length_penalty: Annotated[float, "favour longer texts in it; 0 does not"] = 0.0,
    seed: Annotated[int | None, "draw with seed S, the same each time", AtLeast(0), SETTING] = None,
    stop: Annotated[tuple[str, ...], "end before this text"] = (),
    ignore_eos: Annotated[bool, "go on when the end token is drawn"] = False,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    show: Show = "text",
    device: Device = "cpu",
) -> Iterator[Piece | Sample | Notice]:
    """Let the model continue a text, or begin one.

    It goes on until it draws the end token, has drawn all tokens, or has written a text to stop at;
    with --match, until the continuation matches the pattern and nothing longer could.
    At the prompt it continues from where the conversation stands. Sample n of several is drawn with
    seed S + n - 1; in the shell, and with --best, they are drawn side by side, which is faster, but
    no part of the conversation.

    With --beam nothing is drawn: the N best of K texts that a beam search finds under the model are
    shown, the best first. Samplers and seed have no part in that.
    """
    if not 0 <= best <= count:
        raise usage(f"--best must be from 0 to --count {count}, not {best}.")
    if beam > 0 and (best or count > beam):
        raise usage("--beam K shows its --count best texts: give --count 1 to K, and no --best.")
    if length_penalty and not beam:
        raise usage("--length-penalty needs --beam.")
    chosen = session.use(model, device)
    conversation = session.conversation if session.owns(model) else Conversation()
    begin, before = conversation.at, conversation.last_ids(PREFIX)
    context = begin.context
    request = GenerationRequest(prompt, length, sampling, stop, ignore_eos, match)
    if beam:
        yield from chosen.beam(
            request, width=beam, length_penalty=length_penalty, context=context, before=before
        )[:count]
    elif best or (count > 1 and session.door == "shell"):
        samples = chosen.samples(request, count=count, seed=seed, context=context, before=before)
        yield from _counted(nlargest(best, samples, attrgetter("logprob")) if best else samples)
    else:
        for n in range(count):
            conversation.visit(begin)
            number = None if seed is None else seed + n
            yield from generate(chosen, conversation, request, seed=number, show=show)


def _counted(samples: Iterable[Sample]) -> Iterator[Sample | Notice]:
    """Yields the samples, then a notice of how many do not match the pattern."""
    count, unmatched = 0, 0
    for sample in samples:
        count, unmatched = count + 1, unmatched + (sample.matched is False)
        yield sample
    if unmatched:
        yield Notice(f"{unmatched:,} of {count:,} samples do not match the pattern.")
