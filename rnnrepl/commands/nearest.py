"""`nearest`: the places of a file at which the state of the model is nearest to the state here."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import Kind, command
from rnnrepl.ranges import INDEX, Range
from rnnrepl.results.fields import Signal
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.inspection import NearestPlace


@command(formats=("table", "json"))
def nearest(
    session: Session,
    file: Annotated[
        tuple[Path, ...], "texts: files, folders or patterns; - is standard input", Kind.FILE
    ],
    *,
    text: Annotated[str, "compare with the state after this TEXT"] = "",
    top: Annotated[int, "number of places to show", Range(1, 10_000)] = 10,
    layer: Annotated[
        int | None, "layer N, counted from 0 (default: the last)", INDEX, Kind.LAYER
    ] = None,
    signal: Annotated[Signal, "output h, cell c, or a gate"] = "h",
    encoding: Encoding = "",
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Iterator[NearestPlace | Notice | Progress]":
    """Find places of a text with a state like the one here.

    The state here is the one after --text; at the prompt the text follows the conversation, and
    without it the state is that of the conversation. States are compared by their cosine. Each
    place is shown with the text before it and the text that follows it.

    Examples:
        nearest book.txt --text "To be, or not to"
        nearest book.txt --text "ROMEO:" --layer 0 --signal c --format json
    """
    context = session.context if session.owns(model) else None
    if not text and context is None:
        raise usage("nearest needs --text, or at the prompt a conversation.")
    chosen = session.use(model, device).clamped(clamp)
    texts = text_files.collect(file, encoding)
    yield from texts.notices
    records = chosen.nearest_with_progress(
        texts, text, layer=layer, signal=signal, top=top, context=context
    )
    yield from with_total(records, texts.size)
