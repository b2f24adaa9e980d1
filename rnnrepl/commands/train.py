"""`train`: trains a model on text files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice
from rnnrepl.training import TrainOptions
from rnnrepl.training import train as events
from rnnrepl.training.options import MINUTES

if TYPE_CHECKING:
    from rnnrepl.training.runs.events import RunEvent, RunLeft
    from rnnrepl.training.runs.follow import TrainingProcess

_READY = (
    "Getting ready. Ctrl-C stops the run at any time and keeps the model; "
    "Ctrl-Z lets it continue in the background."
)

_INTERRUPTED = Notice("Interrupted while the run was getting ready; nothing was trained.")


@command(formats=("live", "json"))
def train(
    session: Session,
    corpus: Annotated[
        tuple[Path, ...],
        "texts: files, folders or patterns (default: the Python language reference)",
        Kind.FILE,
    ] = (),
    *,
    background: Annotated[bool, "train in the background"] = False,
    training: TrainOptions,
) -> Iterator["RunEvent | RunLeft | Notice | Progress"]:
    """Train a model on text files.

    Several files are one text, with a line break between two. Options that are not given are
    chosen from the tokenizer, the size of the corpus and the training time, or taken from the model
    of --from.

    Ctrl-C stops training at any time and keeps the model. At the prompt the session then loads it.

    With --background, or after Ctrl-Z at the prompt, training continues in the background, also
    after you leave: `rnnrepl runs` lists it, `rnnrepl watch` shows it, `rnnrepl stop` ends it.

    torchrun starts one process per GPU for distributed training.

    Examples:
        train book.txt --minutes 10
        train novels --tokenizer bpe --tokenizer-option vocabulary=2000
        train --resume models/book-bpe
    """
    from rnnrepl.rnn.runtime import require_torch
    from rnnrepl.training.ranks import rank, world_size
    from rnnrepl.training.runs import registry
    from rnnrepl.training.runs.events import RunEnded

    require_torch("Training")
    if training.resume:
        training = replace(training, resume=str(registry.resumed(training.resume)))
    if world_size() > 1 and background:
        raise usage("torchrun cannot train in the background: leave out --background.")
    if not corpus and not training.resume and rank() == 0:
        yield Notice(_without_files(session, training))
    texts = [*corpus, *([training.valid] if training.valid else [])]
    if rank() == 0:
        yield from text_files.collect(texts, training.encoding).notices
    if session.interface == "prompt" or background:
        yield from _beside(session, corpus, training, background)
        return
    event: RunEvent | None = None
    try:
        for event in events(corpus, training):
            yield event
    except KeyboardInterrupt:
        if event is None:
            yield _INTERRUPTED
        raise
    if isinstance(event, RunEnded) and event.stopped == "interrupted":
        raise KeyboardInterrupt  # the model is kept; the exit code says how the run ended


def _without_files(session: Session, training: TrainOptions) -> str:
    """What is trained on if no file is given, how long, and how to stop it."""
    epochs, minutes = training.epochs, training.minutes or MINUTES
    length = f"--epochs {epochs:g}" if epochs else f"--minutes {minutes:g}"
    stop = "" if session.interface == "prompt" else " Ctrl-C stops at any time and keeps the model."
    return (
        "No file is given: training on the text of the Python language reference with "
        f"{length}.{stop}"
    )


def _beside(
    session: Session, corpus: tuple[Path, ...], training: TrainOptions, background: bool
) -> Iterator["RunEvent | RunLeft | Notice | Progress"]:
    """Trains in a process of its own, which nothing that happens at the prompt can harm."""
    from rnnrepl.training.data.corpus import check
    from rnnrepl.training.runs import registry
    from rnnrepl.training.runs.folder import RunFolder
    from rnnrepl.training.runs.follow import TrainingProcess
    from rnnrepl.training.runs.lock import signal_handlers

    if not training.resume:
        check([*corpus, *([training.valid] if training.valid else [])], training.encoding)
    resumed = Path(training.resume) if training.resume else None
    folder = resumed or training.out or _new_folder(corpus, training)
    if not training.resume:
        RunFolder(folder).check_new()
        training = replace(training, out=folder)
    name = registry.name(folder.absolute())
    yield Notice(f"{name} is getting ready ..." if background else _READY)
    process = TrainingProcess(training.command_line(corpus)[2:], folder)
    if not background:
        yield from _followed(session, process, name)
    elif session.dialogs:
        session.dialogs.run_in_background(_left(session, process, name))
    else:
        with signal_handlers({"SIGINT": process.interrupt}):
            yield from _left(session, process, name)
        if not process.detached:
            yield _INTERRUPTED
            raise KeyboardInterrupt


def _left(session: Session, process: "TrainingProcess", name: str) -> Iterator[Notice]:
    """Detaches from a run as soon as it has started, and says so."""
    process.detach()
    session.getting_ready.append(name)
    try:
        for _ in process.events():
            pass
    finally:
        session.getting_ready.remove(name)
    if process.detached:
        yield Notice(f"{name} trains in the background; {_ways(name)}")


def _ways(name: str) -> str:
    """The commands for a run in the background."""
    run = quote(name)
    return f"`rnnrepl watch {run}` shows it, `rnnrepl stop {run}` ends it."


def _followed(
    session: Session, process: "TrainingProcess", name: str
) -> Iterator["RunEvent | RunLeft | Notice | Progress"]:
    """Shows a run until it ends or is detached, then loads its model into the session."""
    from rnnrepl.training.runs.events import RunLeft
    from rnnrepl.training.runs.lock import signal_handlers

    try:
        with signal_handlers({"SIGINT": process.interrupt, "SIGTSTP": process.detach}):
            yield from process.events()
    finally:
        if not process.detached:
            process.interrupt()  # no one reads its events any more
    if process.detached:
        yield RunLeft(name)
        yield Notice(_ways(name))
    elif not process.started:
        yield _INTERRUPTED
        raise KeyboardInterrupt
    else:
        session.load(name, session.settings["device"])
        yield Notice(f"Loaded {name}; a new conversation begins.")


def _new_folder(corpus: tuple[Path, ...], training: TrainOptions) -> Path:
    from rnnrepl.training.data.corpus import title
    from rnnrepl.training.runs.folder import new_folder

    return new_folder(title(corpus), training.kind)
