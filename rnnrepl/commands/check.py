"""`check`: whether a model and this program keep their promises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import ModelName, Session
from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Check, Notice


@command(formats=("table", "json"))
def check(
    session: Session,
    model: ModelName = None,
    *,
    file: Annotated[Path | None, "check on the beginning of this text", Kind.FILE] = None,
) -> Iterator[Check | Notice]:
    """Examine a model, and this program with it.

    Whatever must be equal is computed in several ways and compared: the errors are shown beside
    what they may be, relative to numbers above 1. Without a file the text is one that the model
    writes. The exit code is 1 where an error is too large.
    """
    from rnnrepl.checks import examine, own_text

    chosen = session.use(model, "cpu")
    off = 0
    for found in examine(chosen, next(text_files.pieces(file)) if file else own_text(chosen)):
        yield found
        off += isinstance(found, Check) and not found.ok
    if off:
        raise RnnreplError(f"{chosen.name} cannot be trusted here: {off} of its checks are off.")
