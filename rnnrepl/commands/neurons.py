"""`neurons`: hidden units that tell tokens with a feature from all others."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import Kind, command
from rnnrepl.ranges import INDEX
from rnnrepl.results.fields import Feature
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.inspection import LayerProbe, UnitResponse


@command(formats=("table", "tsv", "json"))
def neurons(
    session: Session,
    file: Annotated[
        tuple[Path, ...], "texts: files, folders or patterns; - is standard input", Kind.FILE
    ],
    *,
    match: Annotated[str, "find units for the matches of a REGEX, or of its first group"] = "",
    labels: Annotated[Path | None, "find units for spans in a file: START END a line"] = None,
    feature: Annotated[Feature | None, "find units for a built-in feature"] = None,
    top: Annotated[int, "number of units to show; 0 shows all", INDEX] = 10,
    probe: Annotated[bool, "also train a linear probe on each layer"] = False,
    encoding: Encoding = "",
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Iterator[UnitResponse | LayerProbe | Notice | Progress]":
    """Find hidden units that respond to a feature of the text.

    All units of h and c are ranked by how well their value alone separates tokens with the feature
    from all others: by the AUC, on one half of the text. AUC and p-value are shown for the other
    half; p is corrected for the number of units. It is two-sided and assumes independent tokens:
    for features in spans, such as quotations, it is too small.

    Built-in features are quote, depth (of brackets), capital, vowel, length (of the token), and the
    position in the line, word or sentence. A number counts as the feature where it is above its
    median. --probe compares the best unit with all units of its layer.

    Examples:
        neurons book.txt --match "[.,!?]"
        neurons book.txt --feature vowel --probe
        neurons book.txt --match "t(h|o)" --format json
    """
    if [bool(match), labels is not None, feature is not None].count(True) != 1:
        raise usage("neurons takes one of --match, --labels and --feature.")
    from rnnrepl.inspection.features import read_labels

    chosen = session.use(model, device).clamped(clamp)
    spans, places = read_labels(text_files.collect(labels).located_lines()) if labels else ((), [])
    texts = text_files.collect(file, encoding)
    yield from texts.notices
    records = chosen.neurons_with_progress(
        texts,
        match=match,
        labels=spans,
        feature=feature or "",
        top=top,
        probe=probe,
        place=lambda number: places[number - 1],
    )
    yield from with_total(records, texts.size)
