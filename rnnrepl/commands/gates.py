"""`gates`: for how much of a text the gates of each layer are closed and open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Clamp, Device, ModelName, Session
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import Kind, command
from rnnrepl.results import GateSaturation


@command(formats=("chart", "table", "json", "svg"), piped="table")
def gates(
    session: Session,
    file: Annotated[Path, "a text in UTF-8; - is standard input", Kind.FILE],
    *,
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
) -> Iterator[GateSaturation | Progress]:
    """Show how often the gates of each layer are closed and open.

    For each unit: the share of tokens at which its gate is below 0.1 (closed) and above 0.9 (open).
    In the chart a unit is a dot, as in Karpathy, Johnson and Li (2015). LSTM and GRU networks only.

    Examples:
        gates book.txt
        gates book.txt --format table
        gates book.txt --out gates.svg
    """
    chosen = session.use(model, device).clamped(clamp)
    return with_total(chosen.gates_with_progress(text_files.pieces(file)), file)
