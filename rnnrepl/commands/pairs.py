"""`pairs`: accuracy on minimal pairs."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Device, Encoding, Float64, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, size
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results.fields import Unit
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.experiments import PairAccuracy, PairDifference, PairScore


@command(formats=("table", "tsv", "json"))
def pairs(
    session: Session,
    file: Annotated[tuple[Path, ...], "files of minimal pairs; - is standard input", Kind.FILE],
    *,
    encoding: Encoding = "",
    model: Annotated[
        tuple[str, ...], "name, folder or hf:OWNER/NAME; a second is compared", Kind.MODEL
    ] = (),
    critical: Annotated[bool, "score only the words that differ"] = False,
    group: Annotated[str, "field of a JSON line, or column, that names the group"] = "UID",
    eos: Annotated[bool, "do not score the end token"] = True,
    unit: Annotated[Unit, "unit of surprisal", SETTING] = "bits",
    device: Device = "cpu",
    float64: Float64 = False,
) -> "Iterator[PairScore | PairAccuracy | PairDifference | Notice | Progress]":
    """Test a model on minimal pairs of a good and a bad sentence.

    A pair is correct if the good sentence is more likely. A file holds BLiMP's JSON lines, lines
    good<TAB>bad[<TAB>group], a table whose header names the columns good and bad, or an agreement
    set of colorlessgreenRNNs: a .tab file, or a .gold file beside its .text file. Accuracy is shown
    for each group with its 95 % Wilson interval; a tie counts one half. Pairs with unknown words
    are counted, and the accuracy without them is given.

    Under a model of characters or sub-words the end of the last word is charged where the sentence
    has no punctuation, space or end token after it: otherwise "it walk" would be part of "it
    walks".

    With --critical only the words in which the sentences differ are compared, each given what comes
    before it. With two models the difference is tested by McNemar's exact test. --format tsv has a
    line for each pair.

    Examples:
        pairs pairs.tsv --model shakespeare-word
        pairs blimp.jsonl --critical --format json
        pairs pairs.tsv --model shakespeare-char --model shakespeare-word
    """
    from rnnrepl.results.experiments import PairScore
    from rnnrepl.scoring import pairs as minimal_pairs
    from rnnrepl.scoring.pair_files import read_pairs

    if len(model) > 2 or len(set(model)) < len(model):
        raise usage("pairs takes one model, or two that differ: --model A --model B.")
    models = [session.use(name, device, float64=float64) for name in model or (None,)]
    files = text_files.collect(file, encoding)
    yield from files.notices
    total, ends = files.size, deque[int]()

    def source() -> Iterator[minimal_pairs.Pair]:
        before = 0
        for path in files.paths:
            for pair in read_pairs(path, group, files.encoding):
                ends.append(before + pair.end)
                yield pair
            before += size(path) or 0

    for record in minimal_pairs.pairs(models, source(), critical=critical, eos=eos, unit=unit):
        yield record
        if isinstance(record, PairScore) and record.model == models[-1].name:
            yield Progress(ends.popleft(), total)
