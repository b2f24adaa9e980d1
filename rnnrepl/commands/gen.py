"""`gen`: generates text with a model."""

from collections.abc import Iterable, Iterator
from heapq import nlargest
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any

from rnnrepl.app.session import Device, Match, ModelName, Session, Show
from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import HEARD, write
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, AtLeast, Kind, command
from rnnrepl.results import Notice, Piece, Sample
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.model import Model
    from rnnrepl.rnn.network import Context


@command(formats=("text", "table", "json"))
def gen(
    session: Session,
    prompt: Annotated[str, "text to continue", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    length: Annotated[int, "maximum number of tokens to generate", AtLeast(0), SETTING] = 200,
    count: Annotated[int, "number of samples", AtLeast(1)] = 1,
    best: Annotated[int, "show the K most likely; 0 shows all"] = 0,
    beam: Annotated[int, "width K of a beam search; 0 samples"] = 0,
    length_penalty: Annotated[float, "preference of beam search for long texts"] = 0.0,
    seed: Annotated[
        int | None, "random seed S (default: a new one each time)", AtLeast(0), SETTING
    ] = None,
    stop: Annotated[tuple[str, ...], "stop before this text"] = (),
    past_eos: Annotated[bool, "continue after the end token"] = False,
    match: Match = "",
    sampling: Annotated[Sampling, SETTING],
    show: Show = "text",
    device: Device = "cpu",
) -> Iterator[Piece | Sample | Notice]:
    """Generate text: continue a text, or begin one.

    Generation ends at the end token, after --length tokens, before a --stop text, or when nothing
    longer can match --match. At the prompt it continues the conversation. Sample n has the seed
    S + n - 1. At the shell and with --best, samples are a batch outside the conversation. --beam
    shows the best texts of a beam search.

    Examples:
        gen --length 100 "ROMEO:"
        gen --temperature 1 --top-p 0.9 --seed 1 "ROMEO:"
        gen --count 3 --match "[A-Z]+:" --format json
    """
    if not 0 <= best <= count:
        raise usage(f"--best takes 0 to {count}, for so many are drawn, not {best}.")
    if beam > 0 and (best or count > beam):
        raise usage("--beam K gives its best texts by itself: --count 1 to K, and no --best.")
    if length_penalty and not beam:
        raise usage("--length-penalty goes with --beam: give that too.")
    chosen = session.use(model, device)
    conversation = session.conversation if session.owns(model) else Conversation()
    begin, before = conversation.at, conversation.last_ids(HEARD)
    options: dict[str, Any] = {
        "length": length,
        "sampling": sampling,
        "stop": stop,
        "past_eos": past_eos,
        "match": match,
    }
    if beam:
        options |= {"width": beam, "length_penalty": length_penalty, "before": before}
        yield from _likeliest(chosen, prompt, begin.context, options)[:count]
        return
    if best or (count > 1 and session.door == "shell"):
        together = chosen.samples(
            prompt, count=count, seed=seed, context=begin.context, before=before, **options
        )
        yield from _counted(nlargest(best, together, attrgetter("logprob")) if best else together)
        return
    for n in range(count):
        conversation.visit(begin)
        number = None if seed is None else seed + n
        yield from write(chosen, conversation, prompt, seed=number, show=show, **options)


def _likeliest(
    model: "Model", prompt: str, context: "Context | None", options: dict[str, Any]
) -> list[Sample]:
    from rnnrepl.generation.beam import beam
    from rnnrepl.generation.pattern import Pattern
    from rnnrepl.generation.writer import Task

    search = {name: options.pop(name) for name in ("width", "length_penalty", "before")}
    match = options.pop("match")
    task = Task(prompt, match=Pattern(match) if match else None, **options)
    return beam(model.network, model.tokenizer, task, context or model.begin(), **search)


def _counted(samples: Iterable[Sample]) -> Iterator[Sample | Notice]:
    """Samples, and at their end how many of them do not match."""
    count, unmatched = 0, 0
    for sample in samples:
        count, unmatched = count + 1, unmatched + (sample.matched is False)
        yield sample
    if unmatched:
        yield Notice(f"{unmatched:,} of {count:,} samples do not match the pattern.")
