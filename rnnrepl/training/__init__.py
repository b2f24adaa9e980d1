"""Training: a corpus in, a run folder out, and events on the way."""

import os
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
    """Trains a model on UTF-8 text files, and yields what happens as it happens.

    The options are one `TrainOptions`, or its fields by name: train("my.txt", minutes=1), or
    train("my.txt", from_="shakespeare-char") to go on from a model.
    Without a corpus the text is that of the Python language reference. The run goes on as long as
    the events are asked for; its folder holds a whole model, the best so far, from the beginning.
    Closing the iterator, Ctrl-C and SIGTERM end it within a step, with all that was learnt kept.
    Raises RnnreplError for what the person can mend.
    """
    # OpenMP reads this when torch is loaded: how long a thread spins before it sleeps. The default
    # is 300 times longer, which is no faster on an idle machine, and several times slower on one
    # that has something else to do; without any spinning an idle machine has half the speed.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from rnnrepl.training.work import run

    files = (corpus,) if isinstance(corpus, str | Path) else tuple(corpus)
    if fields.get("from_"):
        fields["from_"] = str(fields["from_"])
    paths = {name: Path(fields[name]) for name in ("out", "resume", "valid") if fields.get(name)}
    return run(tuple(map(str, files)), replace(options or TrainOptions(), **fields | paths))
