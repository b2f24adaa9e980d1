"""`train`: a new model from a text."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice, RunEvent
from rnnrepl.session import Session
from rnnrepl.training import TrainOptions


@command(formats=("live", "json"))
def train(
    session: Session,
    corpus: Annotated[tuple[str, ...], "text files, in UTF-8", Kind.FILE] = (),
    *,
    training: TrainOptions,
) -> Iterator[RunEvent | Notice]:
    """Train a model on text files.

    Ctrl-C ends it at any time and keeps what was learnt. Without a file the text is that of the
    Python language reference, which every Python carries.
    """
    from rnnrepl.training import train

    yield from train(corpus, training)
