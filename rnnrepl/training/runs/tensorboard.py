"""A run's losses as TensorBoard reads them."""

from pathlib import Path

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.training.runs.curves import measurements
from rnnrepl.training.runs.follow import Follower


def export(folder: Path, out: Path) -> Path:
    """Writes every loss of a run, in nats a token, by step and clock; gives the folder back.

    Raises RnnreplError where the package is missing, or there is something in that folder already.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise RnnreplError(
            'TensorBoard\'s files need its package: pip install "rnnrepl[tensorboard]".'
        ) from error
    if out.is_dir() and any(out.iterdir()):
        raise usage(f"{out} is not empty: give another folder, or empty it.")
    follower = Follower(folder)
    told = list(follower.read())
    began = follower.history.started.time if follower.history.started else 0.0
    with SummaryWriter(str(out)) as writer:
        for one in measurements(told):
            tag = f"tracked/{one.what}" if one.tracked else f"loss/{one.what}"
            writer.add_scalar(tag, one.nats, one.steps, walltime=began + one.seconds)
    return out
