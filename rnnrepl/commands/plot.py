"""`plot`: draws the loss curves of training runs."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.fields import Axis, Per, PerToken
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.runs import Curve


@command(formats=("chart", "json"))
def plot(
    session: Session,
    run: Annotated[tuple[str, ...], "name or folder of a run (default: the newest run)"] = (),
    *,
    x: Annotated[Axis, "quantity on the x axis"] = "seconds",
    unit: Annotated[PerToken, "unit of the loss per token"] = "bits",
    tracked: Annotated[bool, "draw the surprisal of the tracked sentences instead"] = False,
    out: Annotated[
        Path | None, "image file to write, .svg or .png (needs rnnrepl[plot])", Kind.FILE
    ] = None,
    tensorboard: Annotated[
        Path | None, "folder for TensorBoard event files (needs rnnrepl[tensorboard])"
    ] = None,
) -> "Iterator[Curve | Notice]":
    """Draw the loss curves of training runs.

    Shows training and validation loss, of several runs in one diagram: per token, or per character
    if the runs have different tokenizers.

    Examples:
        plot
        plot small large --x tokens
        plot small --out loss.svg
    """
    from rnnrepl.training.runs import registry
    from rnnrepl.training.runs.curves import curves, tokenizer
    from rnnrepl.training.runs.follow import Follower

    folders = registry.select(run)
    if tensorboard:
        from rnnrepl.training.runs.tensorboard import export

        for folder in folders:
            written = export(folder, tensorboard / folder.name)
            yield Notice(f"{registry.name(folder)} was written to {written}.")
        return
    events = {registry.name(folder): list(Follower(folder).read()) for folder in folders}
    per: Per = "char" if len(set(map(tokenizer, events.values()))) > 1 else "token"
    if per == "char":
        yield Notice(f"The runs have different tokenizers: the loss is in {unit} per character.")
    all_curves = chain.from_iterable(
        curves(name, own, x=x, unit=unit, tracked=tracked, per=per) for name, own in events.items()
    )
    drawn = [curve for curve in all_curves if len(curve.points) > 1]
    if not drawn:
        what = "tracked sentence" if tracked else "loss"
        yield Notice(f"There is nothing to draw yet: a curve needs two measurements of a {what}.")
    elif out:
        from rnnrepl.render.training.image import save

        save(drawn, out)
        yield Notice(f"The curves were written to {out}.")
    else:
        yield from drawn
