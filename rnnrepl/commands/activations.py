"""`activations`: the values of hidden units at each token of a text."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import Kind, command
from rnnrepl.ranges import COUNT
from rnnrepl.results.fields import Signal
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.inspection import Activations


@command(formats=("heat", "table", "tsv", "json", "html"), piped="tsv")
def activations(
    session: Session,
    text: Annotated[str, "text to read", Kind.TEXT] = "",
    *,
    file: Annotated[
        tuple[Path, ...], "read files, folders or patterns as one text", Kind.FILE
    ] = (),
    encoding: Encoding = "",
    model: ModelName = None,
    unit: Annotated[
        tuple[str, ...], "show unit L:K (default: the units that vary most)", Kind.UNIT
    ] = (),
    signal: Annotated[Signal, "output h, cell c, or a gate"] = "h",
    top: Annotated[int, "number N of units to show without --unit", COUNT] = 4,
    out: Annotated[Path | None, "write all units of --file to a .npz file", Kind.FILE] = None,
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Iterator[Activations | Notice | Progress]":
    """Show the activations of hidden units over a text.

    A value is that of the unit after it has read the token. Layers and units are numbered from 0:
    1:20 is unit 20 of layer 1. Cells are colored by tanh(c), gates from closed to open. --out
    writes the values of all units over a file, of any length, for numpy.load.

    Examples:
        activations "To be, or not to be"
        activations --unit 0:3 --unit 1:2 --signal c "To be, or not to be"
        activations --file book.txt --out book.npz
    """
    chosen = session.use(model, device).clamped(clamp)
    if bool(text) == bool(file):
        raise usage("activations takes a text, or --file FILE.")
    files = text_files.collect(file, encoding)
    yield from files.notices
    if out:
        if not file or unit:
            raise usage("--out writes all units of --file: give a file, and no --unit.")
        records = chosen.save_activations_with_progress(files, out, signal=signal)
        yield from with_total(records, files.size)
        yield Notice(f"{signal} of {sum(chosen.config.hidden):,} units is in {out}.")
        return
    yield chosen.activations(text or "".join(files), units=unit, signal=signal, top=top)
