"""`compare`: models side by side on one text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Device, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Comparison, Notice, Unit
from rnnrepl.scoring.spelling import Speller


@command(formats=("table", "json"))
def compare(
    session: Session,
    text: Annotated[tuple[str, ...], "the text; names of models may stand before", Kind.TEXT] = (),
    *,
    model: Annotated[tuple[str, ...], "a model, by name or folder", Kind.MODEL] = (),
    file: Annotated[Path | None, "compare on each line; - is standard input", Kind.FILE] = None,
    unit: Annotated[Unit, "the unit of surprisal", SETTING] = "bits",
    spell: Annotated[str | None, "charge unknown words as it spells them", Kind.MODEL] = None,
    device: Device = "cpu",
) -> Iterator["Comparison | Notice"]:
    """Put models side by side on a text, and say which fits it best.

    They are compared token by token where their tokens are the same, else between the places where
    all begin a token. The end token counts only where all have one. The posterior is P(model |
    text) when each model is as likely beforehand: with a model for each class, it classifies. One
    model alone is compared with that of the session.

    The text begins with the first word that names no model. One that nearly does, or that is a path
    from a folder which is there, is taken for a mistake; with --model all words are text.
    """
    from rnnrepl.scoring.comparison import compare as compared

    names, texts = (list(model), text) if model else _named(session, text)
    if len(names) == 1:
        names.insert(0, session.name)
    if len(set(names)) < 2:
        raise usage("compare needs two different models: --model A --model B.")
    if bool(file) == any(texts):
        raise usage("compare needs a text or --file, and not both.")
    models = [session.use(name, device) for name in names]
    eos = all(model.tokenizer.eos is not None for model in models)
    speller = Speller(session.use(spell, device)) if spell else None
    for one in text_files.lines(file) if file else texts:
        scores = [model.score(one, unit=unit, eos=eos) for model in models]
        yield compared(list(map(speller.charge, scores)) if speller else scores)
    if speller and speller.unsure:
        yield speller.doubt()


def _named(session: Session, text: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """The models named before the text, and the text: at the prompt both are one line."""
    from rnnrepl.checkpoint.registry import names_model

    found, rest = list[str](), text
    while rest:
        word, *others = rest[0].split(" ", 1) if session.door == "prompt" else rest[:1]
        if not names_model(word):
            break
        found.append(word)
        rest = (*others, *rest[1:])
    return found, rest
