"""`plot`: the loss curves of training runs, as a picture."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Axis, Curve, Notice, PerToken


@command(formats=("chart", "json"))
def plot(
    session: Session,
    run: Annotated[tuple[str, ...], "the runs, by name or folder; without one the newest"] = (),
    *,
    x: Annotated[Axis, "what it goes along"] = "seconds",
    unit: Annotated[PerToken, "the loss of a token in bits or nats"] = "bits",
    tracked: Annotated[bool, "draw the tracked sentences instead of the losses"] = False,
    out: Annotated[Path | None, "draw it into this file: .svg or .png", Kind.FILE] = None,
    tensorboard: Annotated[Path | None, "write it into this folder, for TensorBoard"] = None,
) -> Iterator[Curve | Notice]:
    """Draw the loss curves of training runs.

    Training and validation, several runs over each other. A picture in a file needs matplotlib, and
    TensorBoard's files its package: pip install "rnnrepl[plot]", "rnnrepl[tensorboard]".
    """
    from rnnrepl.training.runs import registry
    from rnnrepl.training.runs.curves import curves
    from rnnrepl.training.runs.follow import Follower

    folders = registry.select(run)
    if tensorboard:
        from rnnrepl.training.runs.tensorboard import export

        for folder in folders:
            written = export(folder, tensorboard / folder.name)
            yield Notice(f"{registry.name(folder)} is in {written}.")
        return
    found = chain.from_iterable(
        curves(registry.name(folder), Follower(folder).read(), x=x, unit=unit, tracked=tracked)
        for folder in folders
    )
    drawn = [curve for curve in found if len(curve.points) > 1]
    if not drawn:
        what = "tracked sentence" if tracked else "loss"
        yield Notice(f"There is nothing to draw yet: no {what} has been told twice.")
    elif out:
        from rnnrepl.render.training.image import save

        save(drawn, out)
        yield Notice(f"It is drawn into {out}.")
    else:
        yield from drawn
