"""`import`: a checkpoint of another program as a model of this one."""

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
    file: Annotated[Path, "a checkpoint of another program", Kind.FILE],
    *,
    out: Annotated[Path, "the folder of the new model"],
    vocab: Annotated[Path | None, "a file of its tokens, one a line", Kind.FILE] = None,
    data: Annotated[Path | None, "the folder of the corpus it learnt", Kind.FOLDER] = None,
) -> Iterator[ModelCard | Notice]:
    """Make a model of another program's checkpoint.

    Its format is found by looking; nothing in the file is ever run. Where the file does not hold
    its vocabulary, --vocab or --data gives it. docs/importing/ describes the formats.
    """
    from rnnrepl import importers
    from rnnrepl.checkpoint import registry

    if out.exists():
        raise usage(f"There is a '{out}' already: give another --out.")
    source = importers.Source(file, vocab, data)
    imported = importers.read(source)
    yield registry.describe(out, imported.write(out, source.origin()))
    yield from map(Notice, imported.notes)
    load = f":load {out}" if session.door == "prompt" else f"rnnrepl {out}"
    yield Notice(f"'{load}' begins a conversation with it.")
