"""`gates`: for how much of a text the gates of each layer are closed and open."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, ModelName, Session
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.inspection import GateSaturation


@command(formats=("chart", "table", "json", "svg"), piped="table")
def gates(
    session: Session,
    file: Annotated[
        tuple[Path, ...], "texts: files, folders or patterns; - is standard input", Kind.FILE
    ],
    *,
    encoding: Encoding = "",
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Iterator[GateSaturation | Notice | Progress]":
    """Show how often the gates of each layer are closed and open.

    For each unit: the share of tokens at which its gate is below 0.1 (closed) and above 0.9 (open).
    In the chart a unit is a dot, as in Karpathy, Johnson and Li (2015). LSTM and GRU networks only.

    Examples:
        gates book.txt
        gates book.txt --format table
        gates book.txt --out gates.svg
    """
    chosen = session.use(model, device).clamped(clamp)
    texts = text_files.collect(file, encoding)
    yield from texts.notices
    yield from with_total(chosen.gates_with_progress(texts), texts.size)
