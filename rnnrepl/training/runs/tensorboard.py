"""Exports the losses of a run for TensorBoard."""

from pathlib import Path

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.training.runs.curves import measurements
from rnnrepl.training.runs.follow import Follower


def export(folder: Path, out: Path) -> Path:
    """Writes every loss of a run, in nats per token, by step and wall time; returns `out`.

    Raises RnnreplError if the tensorboard package is missing, or if `out` is not empty.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise RnnreplError(
            'TensorBoard files need the tensorboard package: pip install "rnnrepl[tensorboard]".'
        ) from error
    if out.is_dir() and any(out.iterdir()):
        raise usage(f"{out} is not empty: give another folder, or empty it.")
    follower = Follower(folder)
    losses = list(measurements(follower.read()))
    start = follower.history.started.time if follower.history.started else 0.0
    with SummaryWriter(str(out)) as writer:
        for loss in losses:
            tag = f"tracked/{loss.what}" if loss.tracked else f"loss/{loss.what}"
            writer.add_scalar(tag, loss.nats, loss.steps, walltime=start + loss.seconds)
    return out
