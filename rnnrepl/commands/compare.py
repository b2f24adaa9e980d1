"""`compare`: two or more models on the same text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Column, Device, Encoding, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.numbered import NumberedTexts
from rnnrepl.files.progress import Progress
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.grammar.wording import example
from rnnrepl.ranges import SEED
from rnnrepl.results.fields import Unit
from rnnrepl.results.session import NO_LINES, Notice, words_as_texts

if TYPE_CHECKING:
    from rnnrepl.results.comparisons import Comparison, ComparisonSummary


@command(formats=("table", "tsv", "json"))
def compare(
    session: Session,
    text: Annotated[
        tuple[str, ...],
        "texts to compare on, one per argument, after the models without --model",
        Kind.NAMED_TEXT,
    ] = (),
    *,
    model: Annotated[tuple[str, ...], "name, folder or hf:OWNER/NAME", Kind.MODEL] = (),
    file: Annotated[
        tuple[Path, ...], "compare on each line of a file; - is standard input", Kind.FILE
    ] = (),
    encoding: Encoding = "",
    column: Column = "",
    unit: Annotated[Unit, "unit of surprisal", SETTING] = "bits",
    spell: Annotated[str | None, "character model that scores unknown words", Kind.MODEL] = None,
    seed: Annotated[int, "seed of the resampling", SEED] = 0,
    device: Device = "cpu",
) -> "Iterator[Comparison | ComparisonSummary | Notice | Progress]":
    """Compare models on a text, and show which predicts it best.

    Models with the same tokens are compared token by token, others between common token
    boundaries. The end token counts only if all models have one. The posterior is P(model | text)
    with equal priors: with one model per class, it is a classifier. A single model is compared
    with the session's model.

    A file ends with the totals of all lines, and the mean difference of the first model to each
    other one: with its 95 % paired bootstrap interval, and the p of a sign-permutation test.
    --format tsv has a line for each text and model.

    Leading words that name models are models. In a shell each argument after them is a text, at the
    prompt the rest of the line is one text. A misspelt model name is an error; with --model all
    words are text.

    Examples:
        compare shakespeare-char shakespeare-word "To be, or not to be"
        compare --file book.txt shakespeare-char shakespeare-word
    """
    from rnnrepl.files.column import texts as column_texts
    from rnnrepl.results.comparisons import Comparison
    from rnnrepl.scoring.options import ScoreOptions
    from rnnrepl.scoring.spelling import Speller

    names, texts = (list(model), text) if model else _named(session, text)
    if len(names) == 1:
        names.insert(0, session.name)
    if not names:
        _check_first(texts)
    if len(set(names)) < 2:
        form = example('compare A B "a text"', session.interface, free_text=True)
        only = f", not only {names[0]}" if names else ""
        raise usage(f"compare needs two different models before the text{only}, as in {form}.")
    if column and not file:
        raise usage("compare takes --column with --file.")
    if file and any(texts):
        raise usage("compare takes a text or --file, not both.")
    if not file and not any(texts):
        line = f'compare {" ".join(names)} "a text"'
        form = example(line, session.interface, free_text=True)
        raise usage(f"compare needs a text after the models, or --file: {form}.")
    first, *others = [session.use(name, device) for name in names]
    speller = Speller(session.use(spell, device)) if spell else None
    files = text_files.collect(file, encoding)
    yield from files.notices
    if session.interface == "shell":
        yield from words_as_texts(texts)
    if not file:
        records = first.compare_texts(texts, others, ScoreOptions(unit, speller=speller), seed=seed)
        yield from (record for record in records if isinstance(record, Comparison))
    else:
        source = column_texts(files, column) if column else files.lines()
        lines = NumberedTexts(source, files.place, "text" if column else "line")
        options = ScoreOptions(unit, speller=speller, place=lines.place)
        done, total = 0, None if column else files.size
        for record in first.compare_texts(lines, others, options, seed=seed):
            if isinstance(record, Comparison):
                yield replace(record, sentence_id=lines.result())
                done += len(record.text.encode("utf-8", "surrogatepass")) + 1
                yield Progress(done, total)
            else:
                yield record
        yield from lines.notices()
        if not done:
            yield NO_LINES
    if speller:
        yield from speller.notices()


def _check_first(texts: tuple[str, ...]) -> None:
    """Raises RnnreplError for an unknown model before one that is known."""
    from rnnrepl.checkpoint import registry

    first, second = [*" ".join(texts).split(" ", 2), ""][:2]
    if second and registry.names_model(second):
        registry.resolve(first)


def _named(session: Session, text: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """The models named before the text, and the text; at the prompt both are one string."""
    from rnnrepl.checkpoint.registry import names_model

    models, rest = list[str](), text
    while rest:
        word, *others = rest[0].split(" ", 1) if session.interface == "prompt" else rest[:1]
        if not names_model(word):
            break
        models.append(word)
        rest = (*others, *rest[1:])
    return models, rest
