"""`check`: compares different ways to compute the same quantities of a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Encoding, ModelName, Session
from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.models import Check


@command(formats=("table", "json"))
def check(
    session: Session,
    model: ModelName = None,
    *,
    file: Annotated[
        Path | None,
        "text whose beginning is used (default: a text sampled from the model)",
        Kind.FILE,
    ] = None,
    encoding: Encoding = "",
) -> "Iterator[Check | Notice]":
    """Check that a model computes the same results in several ways.

    Each quantity is computed in several ways (numpy, torch, float64, in chunks); the largest
    difference is shown beside its tolerance, relative for values above 1. The exit code is 1 if a
    difference is too large.

    Examples:
        check shakespeare-char
        check shakespeare-char --file book.txt
    """
    from rnnrepl.checks import examine, own_text
    from rnnrepl.results.models import Check

    chosen = session.use(model, "cpu")
    failed = 0
    text = next(iter(text_files.collect(file, encoding))) if file else own_text(chosen)
    for result in examine(chosen, text):
        yield result
        failed += isinstance(result, Check) and not result.ok
    if failed:
        raise RnnreplError(f"{chosen.name} fails {failed} of its checks.")
