"""`suite`: test suites of SyntaxGym."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Device, Float64, ModelName, Session
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, size
from rnnrepl.grammar import Kind, command
from rnnrepl.results.fields import Metric
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.experiments import RegionScore, SuiteAccuracy


@command(formats=("table", "tsv", "json"))
def suite(
    session: Session,
    file: Annotated[tuple[Path, ...], "test suites in SyntaxGym's JSON", Kind.FILE],
    *,
    model: ModelName = None,
    metric: Annotated[
        Metric | None, "figure of a region that predictions compare (default: the suite's)"
    ] = None,
    device: Device = "cpu",
    float64: Float64 = False,
) -> "Iterator[RegionScore | SuiteAccuracy | Notice | Progress]":
    """Test the predictions of SyntaxGym suites.

    A prediction is a formula over the surprisals, in bits, of regions in the conditions of an item,
    such as (7;%match_sing%) < (7;%mismatch_sing%). Its accuracy is the share of the items for which
    it holds, with its 95 % Wilson interval. For a single suite the surprisal of each region, summed
    over its tokens, is shown too: the mean over the items in each condition. --format tsv has a
    line for each region of each item.

    Examples:
        suite suite.json --model shakespeare-word
        suite suite.json --metric mean --format json
        suite suite.json --format tsv
    """
    from rnnrepl.results.experiments import SuiteAccuracy
    from rnnrepl.scoring import suites
    from rnnrepl.scoring.suite_files import read_suite

    chosen = session.use(model, device, float64=float64)
    files = text_files.collect(file)
    yield from files.notices
    total, done = files.size, 0
    accuracies: list[SuiteAccuracy] = []
    for path in files.paths:
        for record in suites.suite(chosen, read_suite(path), metric=metric):
            if isinstance(record, SuiteAccuracy):
                accuracies.append(record)
            else:
                yield record
        done += size(path) or 0
        yield Progress(done, total)
    yield from accuracies
