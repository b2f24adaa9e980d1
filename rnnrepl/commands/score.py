"""`score`: the surprisal of each token of a text."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from rnnrepl.app.session import (
    Clamp,
    Column,
    Device,
    Encoding,
    Float64,
    LastScore,
    ModelName,
    Session,
)
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.numbered import NumberedTexts
from rnnrepl.files.progress import Progress
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.ranges import INDEX
from rnnrepl.results.fields import Unit
from rnnrepl.results.session import NO_LINES, Notice, words_as_texts
from rnnrepl.scoring.adaptation import Adaptation

if TYPE_CHECKING:
    from rnnrepl.results.scores import Score

By = Literal["token", "word", "region", "text"]


@command(
    formats=("heat", "table", "tsv", "lm-zoo", "json", "html", "svg"),
    piped="tsv",
    only={"predictors": ("table", "tsv", "json")},
    better={"top": "table"},
)
def score(
    session: Session,
    text: Annotated[tuple[str, ...], "texts to score, one per argument", Kind.TEXT] = (),
    *,
    file: Annotated[
        tuple[Path, ...],
        "score each line of a file, folder or pattern; - is standard input",
        Kind.FILE,
    ] = (),
    encoding: Encoding = "",
    column: Column = "",
    join: Annotated[str, "--column has words: rows equal in this column are one text"] = "",
    model: ModelName = None,
    unit: Annotated[Unit, "unit of surprisal", SETTING] = "bits",
    top: Annotated[
        int, "show the K most likely alternatives, on a terminal in a table", INDEX, SETTING
    ] = 0,
    carry: Annotated[bool, "carry the state from text to text"] = False,
    carry_weights: Annotated[bool, "carry adapted weights, but not the state"] = False,
    save: Annotated[Path | None, "new folder for the model that --adapt has adapted"] = None,
    eos: Annotated[bool, "do not score the end token"] = True,
    by: Annotated[By, "sum over words, *regions* or whole texts"] = "token",
    predictors: Annotated[bool, "add length, frequency, and the previous word to words"] = False,
    span: Annotated[tuple[str, ...], "sum over characters S, as in 4:7"] = (),
    spell: Annotated[str | None, "character model that scores unknown words", Kind.MODEL] = None,
    clamp: Clamp = (),
    device: Device = "cpu",
    float64: Float64 = False,
    adaptation: Annotated[Adaptation, SETTING],
) -> "Iterator[Score | Notice | Progress]":
    """Show the surprisal of each token of a text, and the total.

    The surprisal of a token is -log P(token | all tokens before it). In a shell, without
    a text, lines are read from standard input and scored one by one; the lines of a file are scored
    in batches.

    The surprisal of a word or region is that of its letters and of its end: the space after it, or
    for tokens that begin with a space (bpe, sentencepiece, kiwi, regex) the probability that the
    next one does; models of words have no spaces. Regions are marked in the text: *the cat* sat.
    --by text has a line for each text, and a summary at the end. --predictors adds columns for a
    regression to the words in a table, TSV and JSON.

    With --carry the lines of a file are one text, and line breaks are scored; at the prompt it
    continues the conversation. With --carry-weights every text begins with a new state, and what
    --adapt has learned from the texts before is kept. --save keeps the adapted model.

    Examples:
        score --top 3 "To be, or not to be"
        score --file book.txt --by word --unit nats --format tsv
        score --file book.txt --by text --adapt --carry-weights --save adapted
    """
    from rnnrepl.results.words import spans
    from rnnrepl.scoring.options import ScoreOptions
    from rnnrepl.scoring.spelling import Speller
    from rnnrepl.scoring.totals import Regions, Totals

    if span and by != "token":
        raise usage("score takes --by or --span, not both.")
    if save and len(text) != 1 and not (carry or carry_weights):
        raise usage("score takes --save for several texts with --carry or --carry-weights.")
    files = _files(session, text, file, encoding, column, join)
    yield from files.notices
    if session.interface == "shell":
        yield from words_as_texts(text)
    whole = carry and not text and not column  # the lines of one text
    lines = None if text or whole else _numbered(files, column, join)
    speller = Speller(session.use(spell, device)) if spell else None
    follows = carry and session.owns(model)
    options = ScoreOptions(
        unit=unit,
        top=top,
        eos=eos,
        carry=carry,
        by="span" if span else by,
        spans=spans(span),
        predictors=predictors,
        speller=speller,
        adaptation=adaptation,
        context=session.context if follows else None,
        before=session.conversation.last_ids(session.conversation.at.read) if follows else (),
        lines=whole,
        place=files.place if whole else lines.place if lines else None,
        carry_weights=carry_weights,
        save=save,
    )
    if files.is_stdin:
        options = replace(options, ahead=1)  # a writer to standard input may wait for each answer
    texts: Iterable[str] = lines or text or files
    total = files.size if file and not column else None
    scoring_model = session.use(model, device, float64=float64).clamped(clamp)
    totals, regions = Totals(unit), Regions("text" if text or column else "line")
    for record in scoring_model.scores_with_progress(texts, options):
        if not isinstance(record, Progress):
            number = lines.result() if lines else totals.texts + 1
            record = record if text else replace(record, sentence_id=number)
            # Whether the tokens and the context of this text are known.
            known = by != "text" and (not carry or (follows and len(text) == 1))
            context = options.context if follows else None
            session.last_score = LastScore(record, scoring_model, context) if known else None
            yield record
            totals.add(record)
            regions.add(record, number)
        elif file:
            yield replace(record, total=total)
    yield from lines.notices() if lines else ()
    if not totals.texts:
        from rnnrepl.results.score_table import columns

        summed = None if options.by == "token" else options.by
        names = columns(summed, predictors=predictors)
        yield replace(NO_LINES, columns=("sentence_id", *names, *(["clamp"] if clamp else [])))
    elif by == "region":
        yield from regions.notices()
    yield from totals.notices(adaptation, speller, scoring_model.tokenizer.level)
    if by == "text":
        yield totals.summary()
    if save:
        yield Notice(f"The adapted model is in {save}.")


def _files(
    session: Session,
    text: tuple[str, ...],
    file: tuple[Path, ...],
    encoding: str,
    column: str,
    join: str,
) -> text_files.TextFiles:
    """The files to score, standard input by default; none if there are texts."""
    if text and file:
        raise usage("score takes a text or --file, not both.")
    if (join and not column) or (column and not file):
        raise usage("score takes --column with --file, and --join with --column.")
    if not text and not file and session.interface == "prompt":
        raise usage("score needs a text, or --file FILE.")
    return text_files.collect(file or (() if text else (text_files.STDIN,)), encoding)


def _numbered(files: text_files.TextFiles, column: str, join: str) -> NumberedTexts:
    if not column:
        return NumberedTexts(files.lines(), files.place)
    from rnnrepl.files.column import texts

    return NumberedTexts(texts(files, column, join), files.place, "text")
