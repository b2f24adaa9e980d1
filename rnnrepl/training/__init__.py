"""Training: a corpus in, a run folder out, and events on the way."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from rnnrepl.results import RunEvent
from rnnrepl.training.options import TrainOptions as TrainOptions


def train(
    corpus: str | Path | Iterable[str | Path] = (), options: TrainOptions | None = None
) -> Iterator[RunEvent]:
    """Trains a model on UTF-8 text files, and yields what happens as it happens.

    Without a corpus the text is that of the Python language reference. The run goes on as long as
    the events are asked for; its folder holds a whole model, the best so far, from the beginning.
    Closing the iterator, Ctrl-C and SIGTERM end it within a step, with all that was learnt kept.
    Raises RnnreplError for what the person can mend.
    """
    # Read by OpenMP when torch is loaded. Threads that spin while they wait are a little faster on
    # an idle machine and many times slower on one that has something else to do.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from rnnrepl.training.loop import run

    files = (corpus,) if isinstance(corpus, str | Path) else tuple(corpus)
    return run(tuple(map(str, files)), options or TrainOptions())
