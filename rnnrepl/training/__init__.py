"""Training: reads a corpus, writes a run folder, and yields events."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnrepl.training.options import TrainOptions as TrainOptions

if TYPE_CHECKING:
    from rnnrepl.training.runs.events import RunEvent


def train(
    corpus: str | Path | Iterable[str | Path] = (),
    options: TrainOptions | None = None,
    **fields: Any,
) -> Iterator["RunEvent"]:
    """Trains a model on UTF-8 text files, and yields the events of the run as they happen.

    The options are one `TrainOptions`, or its fields as keywords: train("my.txt", minutes=1), or
    train("my.txt", from_="shakespeare-char") to fine-tune a model. Without a corpus the text is
    the Python language reference.

    The run advances while the events are consumed. From the start its folder holds a whole model,
    the best so far. Closing the iterator, Ctrl-C and SIGTERM stop the run within a step and keep
    what it has learned.

    Raises RnnreplError for a corpus, an option, a run or a folder that cannot be used, and for a
    run that diverges, is out of memory, or cannot write its folder.
    """
    from rnnrepl.rnn.runtime import require_torch

    require_torch("Training")
    from rnnrepl.training.runs import registry
    from rnnrepl.training.work import run

    files = (corpus,) if isinstance(corpus, str | Path) else corpus
    if fields.get("from_"):
        fields["from_"] = str(fields["from_"])
    if isinstance(fields.get("resume"), Path):  # no name, even if it looks like one
        fields["resume"] = str(fields["resume"].absolute())
    paths = {name: Path(fields[name]) for name in ("out", "valid") if fields.get(name)}
    options = replace(options or TrainOptions(), **fields | paths)
    if options.resume:
        options = replace(options, resume=str(registry.resumed(str(options.resume))))
    return run(tuple(map(Path, files)), options)
