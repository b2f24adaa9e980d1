"""`score`: what a model makes of every token of a text."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from rnnrepl import textfile
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Score, Unit
from rnnrepl.session import Device, Float64, ModelName, Session


@command(formats=("heat", "table", "tsv", "json", "html", "svg"), piped="tsv")
def score(
    session: Session,
    text: Annotated[tuple[str, ...], "what to score: one text an argument", Kind.TEXT] = (),
    *,
    file: Annotated[Path | None, "score each line; - is standard input", Kind.FILE] = None,
    model: ModelName = None,
    unit: Annotated[Unit, "the unit of surprisal", SETTING] = "bits",
    top: Annotated[int, "show the K likeliest tokens at each place", SETTING] = 0,
    carry: Annotated[bool, "go on from the text before, instead of beginning anew"] = False,
    eos: Annotated[bool, "leave the end token out"] = True,
    device: Device = "cpu",
    float64: Float64 = False,
) -> Iterator[Score]:
    """Show the surprisal of each token of a text, and their sum.

    The surprisal of a token is -log P(token | all before it). Their sum is that of the text; its
    perplexity and bits per character follow. Without a text, lines come from standard input.
    """
    texts = _texts(session, text, file)
    yield from session.use(model, device, float64=float64).scores(
        texts,
        unit=unit,
        top=top,
        eos=eos,
        carry=carry,
        context=session.context if carry and session.owns(model) else None,
    )


def _texts(session: Session, text: tuple[str, ...], file: Path | None) -> Iterable[str]:
    if text and file:
        raise usage("score takes a text or --file, not both.")
    if text:
        return text
    if file is None and session.door == "prompt":
        raise usage("score needs a text, or --file FILE.")
    return textfile.lines(file or textfile.STDIN)
