"""`train`: a new model from a text."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from rnnrepl import places
from rnnrepl.events import RunEnded, RunEvent
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice
from rnnrepl.session import Session
from rnnrepl.training import TrainOptions
from rnnrepl.training import train as events


@command(formats=("live", "json"))
def train(
    session: Session,
    corpus: Annotated[tuple[Path, ...], "text files, in UTF-8", Kind.FILE] = (),
    *,
    training: TrainOptions,
) -> Iterator[RunEvent | Notice]:
    """Train a model on text files.

    Ctrl-C ends it at any time and keeps what was learnt. Without a file the text is that of the
    Python language reference, which every Python carries. At the prompt the new model is loaded.
    """
    if not corpus and not training.resume:
        yield Notice("No file is given: training on the text of the Python language reference.")
    if session.door == "prompt":
        yield from _beside(session, corpus, training)
        return
    told: RunEvent | None = None
    for told in events(corpus, training):
        yield told
    if isinstance(told, RunEnded) and told.stopped == "interrupted":
        raise KeyboardInterrupt  # all is kept, and the shell hears how it ended


def _beside(
    session: Session, corpus: tuple[Path, ...], training: TrainOptions
) -> Iterator[RunEvent | Notice]:
    """In a process of its own, so that nothing that happens here can harm it."""
    from rnnrepl.training.follow import Trainer

    folder = training.resume or training.out or _new_folder(corpus, training)
    if not training.resume:
        training = replace(training, out=folder)
    trainer = Trainer(training.command_line(tuple(map(str, corpus)))[2:], folder)
    try:
        with _on_ctrl_c(trainer.interrupt):
            yield from trainer.events()
    finally:
        trainer.interrupt()  # for when nobody listens any more
    name = folder.name if folder.parent == places.user_models() else str(folder)
    session.load(name, session.settings["device"])
    yield Notice(f"The session goes on with {name}.")


def _new_folder(corpus: tuple[Path, ...], training: TrainOptions) -> Path:
    from rnnrepl.training.corpus import REFERENCE
    from rnnrepl.training.run import new_folder

    return new_folder(corpus[0].stem if corpus else REFERENCE, training.tokenizer)


@contextmanager
def _on_ctrl_c(act: Callable[[], None]) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: act())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
