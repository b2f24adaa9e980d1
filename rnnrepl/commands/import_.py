"""`import`: converts a checkpoint of another program to a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import usage
from rnnrepl.grammar import Kind, command
from rnnrepl.results import ModelCard, Notice


@command(formats=("table", "json"))
def import_(
    session: Session,
    file: Annotated[Path, "checkpoint of another program", Kind.FILE],
    *,
    out: Annotated[Path, "folder of the new model"],
    vocab: Annotated[Path | None, "vocabulary: a file with one token per line", Kind.FILE] = None,
    data: Annotated[
        Path | None, "folder of the training corpus, to rebuild the vocabulary", Kind.FOLDER
    ] = None,
) -> Iterator[ModelCard | Notice]:
    """Import a checkpoint of another program.

    The format is detected automatically; no code from the file is executed. If the file has no
    vocabulary, give it with --vocab or --data. docs/importing/ describes the formats.

    Examples:
        import model.t7 --out models/paulgraham
        import model.pt --data wikitext-2 --out models/wikitext
    """
    from rnnrepl import importers

    if out.exists():
        raise usage(f"There is a '{out}' already: give another --out.")
    source = importers.CheckpointFile(file, vocab, data)
    found = importers.read(source)
    card = found.write(out, source.origin())
    yield ModelCard(out.resolve().name, str(out), card.network.parameters, card.to_dict())
    yield from map(Notice, found.notes)
    load = f":load {out}" if session.door == "prompt" else f"rnnrepl {out}"
    yield Notice(f"'{load}' begins a conversation with it.")
