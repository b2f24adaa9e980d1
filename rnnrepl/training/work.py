"""A whole run: who is at work on it, and what its log says where it fails."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from rnnrepl.errors import RnnreplError
from rnnrepl.training.loop import Loop
from rnnrepl.training.options import TrainOptions
from rnnrepl.training.prepare import Job, begin, resume
from rnnrepl.training.ranks import rank
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.events import RunEvent, RunFailed
from rnnrepl.training.runs.lock import hold_lock, signal_handlers, stop_event
from rnnrepl.training.step import distributed, memory
from rnnrepl.training.step.trainer import Learner


def run(files: Sequence[str], options: TrainOptions) -> Iterator[RunEvent]:
    """What `rnnrepl.training.train` yields."""
    with memory.enough(), distributed.joined():
        if rank():
            _follow()
        elif options.resume:
            with hold_lock(options.resume):
                yield from _go(resume(files, options.resume))
        else:
            job = begin(files, options)
            with hold_lock(job.folder.path):
                yield from _go(job)


def _follow() -> None:
    """Learns as the first process of the team says, until it has no more to say or is gone.

    Who asks the run to end asks the first: the others wait for its word.
    """
    with signal_handlers({"SIGINT": bool, "SIGTERM": bool}), suppress(distributed.TeamError):
        while order := distributed.told():
            act, *given = order
            if act == "begin":
                learner = Learner(*given)
            else:
                getattr(learner, act)(*given)


def _go(job: Job) -> Iterator[RunEvent]:
    """A job to its end; where it fails, its log says why."""
    registry.register(job.folder.path)
    try:
        with stop_event() as asked:
            yield from Loop(job).events(asked)
    except Exception as error:
        path, position = str(job.folder.path), job.position
        with suppress(RnnreplError):  # the disk may be what failed
            job.folder.append(RunFailed(path, position.step, position.seconds, _message(error)))
        raise


def _message(error: Exception) -> str:
    return str(error) if isinstance(error, RnnreplError) else f"{type(error).__name__}: {error}"
