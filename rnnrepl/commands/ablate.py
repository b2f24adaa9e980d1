"""`ablate`: what a text costs when hidden units are held at zero, their mean, or a value."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import Kind, command
from rnnrepl.ranges import SEED, Range
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.inspection import Ablation


@command(formats=("table", "json"))
def ablate(
    session: Session,
    file: Annotated[
        tuple[Path, ...], "texts: files, folders or patterns; - is standard input", Kind.FILE
    ],
    *,
    unit: Annotated[tuple[str, ...], "ablate unit L:K, or its cell L:K.c", Kind.UNIT] = (),
    match: Annotated[str, "also show the change inside matches of a REGEX"] = "",
    to: Annotated[str, "hold the units at zero, mean, or a value V"] = "zero",
    controls: Annotated[int, "number of random sets of units", Range(0, 1000)] = 20,
    rank: Annotated[int, "find the K units that cost most alone", Range(0, 1_000_000)] = 0,
    seed: Annotated[int, "random seed S of the controls", SEED] = 0,
    encoding: Encoding = "",
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
) -> "Iterator[Ablation | Notice | Progress]":
    """Measure how much a text costs without hidden units.

    The change is in nats per token: at all tokens, and inside and outside the matches of --match.
    The same is measured for random sets of as many units of the same layers; the percentile is the
    share of them that cost less. --rank measures each unit of h alone, which is slow.

    Examples:
        ablate book.txt --unit 1:3 --controls 3
        ablate book.txt --unit 0:1 --unit 0:2.c --to mean --match "[.,!?]"
        ablate book.txt --rank 3 --format json
    """
    if bool(unit) == bool(rank):
        raise usage("ablate takes --unit or --rank.")
    chosen = session.use(model, device).clamped(clamp)
    texts = text_files.collect(file, encoding)
    yield from texts.notices
    yield from _clamped(unit, clamp, to)
    records = chosen.ablate_with_progress(
        texts,
        unit,
        to=to,
        match=match,
        controls=controls,
        rank=rank,
        seed=seed,
    )
    yield from with_total(records, texts.size)


def _clamped(units: Iterable[str], clamps: Iterable[str], to: str) -> Iterator[Notice]:
    """Says which of the units are clamped: the text is scored with the clamp, then with `to`."""
    from rnnrepl.inspection.units import HiddenUnit, parse_clamps

    held = {unit for unit, _ in parse_clamps(clamps)}
    for unit in dict.fromkeys(map(HiddenUnit.parse, units)):
        if unit in held:
            same = ", which is also its mean" if to == "mean" else ""
            yield Notice(f"{unit} is clamped: the change is from its clamped value{same}.")
