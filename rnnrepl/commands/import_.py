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
    from rnnrepl.checkpoint import registry

    if out.exists():
        raise usage(f"--out '{out}' exists already: give another folder.")
    source = importers.CheckpointFile(file, vocab, data)
    imported = importers.read(source)
    yield registry.describe(out, imported.write(out, source.origin()))
    yield from map(Notice, imported.notes)
    load = f":load {out}" if session.door == "prompt" else f"rnnrepl {out}"
    yield Notice(f"Type '{load}' to start a conversation with it.")
