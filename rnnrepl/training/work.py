"""Runs one training process: rank 0 trains under a lock and logs failures, other ranks follow."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import reporting
from rnnrepl.training.job import Job
from rnnrepl.training.loop import Loop
from rnnrepl.training.options import TrainOptions
from rnnrepl.training.prepare import begin
from rnnrepl.training.ranks import rank
from rnnrepl.training.resume import resume
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.events import RunEvent, RunFailed
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.runs.lock import hold_lock, signal_handlers, stop_event
from rnnrepl.training.state import load
from rnnrepl.training.step import distributed, memory
from rnnrepl.training.step.trainer import Trainer


def run(files: Sequence[Path], options: TrainOptions) -> Iterator[RunEvent]:
    """Trains, and yields the events; see `rnnrepl.training.train`."""
    with memory.out_of_memory_errors(), distributed.process_group():
        if rank():
            _follow()
        elif options.resume:
            path = Path(options.resume)
            load(RunFolder(path))  # refused before anything is written
            with hold_lock(path):
                with reporting():
                    job = resume(files, path, options.valid)
                yield from _train(job)
        else:
            with reporting():
                job = begin(files, options)
            with hold_lock(job.folder.path):
                yield from _train(job)


def _follow() -> None:
    """Repeats the trainer calls of rank 0 until there are no more, or rank 0 is gone.

    Signals are ignored here: rank 0 receives them too and ends the run for all ranks.
    """
    with signal_handlers({"SIGINT": bool, "SIGTERM": bool}), suppress(distributed.PeerError):
        while call := distributed.receive():
            name, *arguments = call
            if name == "__init__":
                trainer = Trainer(*arguments)
            else:
                getattr(trainer, name)(*arguments)


def _train(job: Job) -> Iterator[RunEvent]:
    """Trains to the end; a failure is appended to the log of the run."""
    registry.register(job.folder.path)
    loop = Loop(job)
    try:
        with stop_event(job.folder.path) as stop:
            yield from loop.events(stop)
    except Exception as error:
        path, position = str(job.folder.path), loop.position
        with suppress(RnnreplError):  # the disk may be what failed
            job.folder.append(RunFailed(path, position.step, position.seconds, _message(error)))
        raise


def _message(error: Exception) -> str:
    return str(error) if isinstance(error, RnnreplError) else f"{type(error).__name__}: {error}"
