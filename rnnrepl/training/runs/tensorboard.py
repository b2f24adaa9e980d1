"""Exports the losses of a run for TensorBoard."""

from io import BytesIO
from pathlib import Path

from rnnrepl.errors import not_installed, usage
from rnnrepl.files.atomic import new_folder, replace, writing
from rnnrepl.training.runs.curves import measurements
from rnnrepl.training.runs.follow import Follower


def export(folder: Path, out: Path) -> Path:
    """Writes every loss of a run, in nats per token, by step and wall time; returns `out`.

    Raises RnnreplError if the tensorboard package is missing, if `out` is not empty, or if it
    cannot be written; it is written as a whole or not at all.
    """
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError as error:
        raise not_installed("A TensorBoard file", "tensorboard", "tensorboard") from error
    if out.is_dir() and any(out.iterdir()):
        raise usage(f"{out} is not empty: give another folder, or empty it.")
    follower = Follower(folder)
    losses = list(measurements(follower.read()))
    start = losses[0].time - losses[0].seconds if losses else 0.0
    file = BytesIO()  # SummaryWriter would write in a thread, whose errors are lost
    records = RecordWriter(file)
    records.write(Event(wall_time=start, file_version="brain.Event:2").SerializeToString())
    for loss in losses:
        tag = f"tracked/{loss.what}" if loss.tracked else f"loss/{loss.what}"
        value = Summary(value=[Summary.Value(tag=tag, simple_value=loss.nats)])
        event = Event(wall_time=loss.time, step=loss.steps, summary=value)
        records.write(event.SerializeToString())
    with writing(out.parent), new_folder(out) as draft:
        replace(draft / f"events.out.tfevents.{int(start):010d}.rnnrepl", file.getvalue())
    return out
