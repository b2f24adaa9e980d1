"""`eval`: one set of figures for a whole file."""

from pathlib import Path
from typing import Annotated

from rnnrepl import textfile
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Evaluation
from rnnrepl.session import Device, Float64, ModelName, Session


@command(formats=("table", "json"))
def eval(
    session: Session,
    file: Annotated[Path, "the text, in UTF-8; - is standard input", Kind.FILE],
    *,
    model: ModelName = None,
    device: Device = "cpu",
    float64: Float64 = False,
) -> Evaluation:
    """Measure a model on a whole file.

    The figures are perplexity, bits per character and bits per byte. The file is read as one text,
    with the state carried from end to end.
    """
    chosen = session.use(model, device, float64=float64)
    return chosen.evaluate(textfile.pieces(file))
