"""`score`: what a model makes of every token of a text."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from rnnrepl.app.session import Device, Float64, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, size
from rnnrepl.grammar import SETTING, AtLeast, Kind, command
from rnnrepl.results import Notice, Score, Unit
from rnnrepl.scoring import words
from rnnrepl.scoring.adaptation import Adaptation
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.spelling import Speller

By = Literal["token", "word", "region"]


@command(formats=("heat", "table", "tsv", "lm-zoo", "json", "html", "svg"), piped="tsv")
def score(
    session: Session,
    text: Annotated[tuple[str, ...], "what to score: one text an argument", Kind.TEXT] = (),
    *,
    file: Annotated[Path | None, "score each line; - is standard input", Kind.FILE] = None,
    model: ModelName = None,
    unit: Annotated[Unit, "the unit of surprisal", SETTING] = "bits",
    top: Annotated[int, "show the K likeliest tokens at each place", AtLeast(0), SETTING] = 0,
    carry: Annotated[bool, "go on from the text before, instead of beginning anew"] = False,
    eos: Annotated[bool, "leave the end token out"] = True,
    by: Annotated[By, "add tokens up to words, or to regions *marked so*"] = "token",
    span: Annotated[tuple[str, ...], "add tokens up to characters S, as in 4:7"] = (),
    spell: Annotated[str | None, "charge unknown words as it spells them", Kind.MODEL] = None,
    device: Device = "cpu",
    float64: Float64 = False,
    adaptation: Annotated[Adaptation, SETTING],
) -> Iterator[Score | Notice | Progress]:
    """Show the surprisal of each token of a text, and their sum.

    The surprisal of a token is -log P(token | all before it). Their sum is that of the text; its
    perplexity and bits per character follow. Without a text, lines come from standard input, and
    each is answered before the next is read; a file is scored many lines at a time.

    The blank after a word counts as part of it. The asterisks of --by region are not scored.
    """
    if span and by != "token":
        raise usage("score takes --by or --span, not both.")
    texts = _texts(session, text, file)
    speller = Speller(session.use(spell, device)) if spell else None
    follows = carry and session.owns(model)
    options = ScoreOptions(
        unit=unit,
        top=top,
        eos=eos,
        carry=carry,
        by="span" if span else by,
        spans=words.spans(span),
        speller=speller,
        adaptation=adaptation,
        context=session.context if follows else None,
        before=session.conversation.last_ids(session.conversation.at.read) if follows else (),
    )
    if not text and file in (None, text_files.STDIN):
        options = replace(options, ahead=1)  # a writer to standard input may wait for each answer
    total = size(file) if file else None
    scoring_model = session.use(model, device, float64=float64)
    for record in scoring_model.scores_with_progress(texts, options):
        if not isinstance(record, Progress):
            yield record
        elif file:
            yield replace(record, total=total)
    if speller and speller.unsure:
        yield speller.doubt()


def _texts(session: Session, text: tuple[str, ...], file: Path | None) -> Iterable[str]:
    if text and file:
        raise usage("score takes a text or --file, not both.")
    if text:
        return text
    if file is None and session.door == "prompt":
        raise usage("score needs a text, or --file FILE.")
    return text_files.lines(file or text_files.STDIN)
