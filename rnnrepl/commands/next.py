"""`next`: the distribution of the next token, or the probabilities of given continuations."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, ModelName, Session
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import text as text_files
from rnnrepl.files.column import csv_rows
from rnnrepl.files.numbered import NumberedTexts
from rnnrepl.files.progress import Progress
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.ranges import INDEX
from rnnrepl.results.fields import Unit
from rnnrepl.results.session import NO_LINES, Notice

if TYPE_CHECKING:
    from rnnrepl.results.experiments import Continuation
    from rnnrepl.results.scores import Prediction


@command(formats=("table", "tsv", "json"))
def next(
    session: Session,
    text: Annotated[str, "the text before", Kind.TEXT] = "",
    *,
    model: ModelName = None,
    top: Annotated[int, "number of tokens to show; 0 shows all", INDEX] = 10,
    among: Annotated[str, "rank the continuations A,B,... of one or several tokens"] = "",
    close: Annotated[bool, "charge a continuation with the end of its last word"] = False,
    file: Annotated[
        tuple[Path, ...],
        "read a text per line, or text<TAB>A,B,...; - is standard input",
        Kind.FILE,
    ] = (),
    encoding: Encoding = "",
    unit: Annotated[Unit, "unit of surprisal", SETTING] = "bits",
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Iterator[Prediction | Continuation | Notice | Progress]":
    """Show the most likely next tokens, or rank given continuations.

    At the prompt the text follows the conversation, which does not change. The probabilities are
    those of the model, at temperature 1.

    With --among the continuations are ranked; "share" is the probability among them. A space is put
    between text and continuation. For a model of characters or sub-words use --close: otherwise the
    probability of "the" includes that of "then". The end of a word is a space; models of whole
    words have none.

    Examples:
        next "To be, or not to"
        next --top 3 --model shakespeare-word "To be, or not to"
        next --among be,see,"fly away" --close "To be, or not to"
    """
    from rnnrepl.scoring.continuations import among as rank
    from rnnrepl.tokenizer.boundaries import blanks

    if file and text:
        raise usage("next takes a text or --file, not both.")
    if close and not among and not file:
        raise usage("next takes --close only with --among or --file.")
    follows = session.owns(model) and not file
    context = session.context if follows else None
    chosen = session.use(model, device).clamped(clamp)
    if context and among and not text and not session.conversation.text[-1:].isspace():
        text = " "  # the continuation follows the conversation as a new word
    files = text_files.collect(file, encoding)
    yield from files.notices
    if close and blanks(chosen.tokenizer) == "none":
        yield Notice(
            f"The tokens of {chosen.name} are whole words without a space after them: --close "
            "charges nothing."
        )
    done, total = 0, files.size if file else None
    ranked: bool | None = None
    lines = NumberedTexts(files.lines(), files.place) if file else None
    for line in lines or [text]:
        number = lines.result() if lines else None
        before, tab, own = line.partition("\t") if file else (text, "", "")
        candidates = _candidates(own if tab else among)
        try:
            if ranked not in (None, bool(candidates)):
                raise usage("some lines have continuations and others none; add `among`.")
            ranked = bool(candidates)
            if ranked:
                yield from rank(
                    chosen,
                    before,
                    candidates,
                    close=close,
                    unit=unit,
                    context=context,
                    number=number or 1,
                )
            else:
                prediction = chosen.next_tokens(before, top=top, unit=unit, context=context)
                yield replace(prediction, context_id=number)
        except RnnreplError as error:
            if number is None:
                raise
            raise error.at(files.place(number)) from error
        done += len(line.encode("utf-8", "surrogatepass")) + 1
        if lines:
            yield Progress(done, total)
    if lines:
        yield from lines.notices()
        if not done:
            yield NO_LINES


def _candidates(text: str) -> list[str]:
    """The parts of a text between commas; quotes keep a comma."""
    try:
        rows = list(csv_rows(text.splitlines(), skipinitialspace=True))
    except csv.Error:
        raise usage(
            "`among` must be texts between commas, in quotation marks where they contain one: "
            'be,"no, never".'
        ) from None
    return [part.strip() for row in rows for part in row]
