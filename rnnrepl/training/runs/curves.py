"""Loss curves of a run, from its events."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rnnrepl.results.fields import NATS, Axis, PerToken
from rnnrepl.results.runs import Curve
from rnnrepl.training.runs.events import RunEvaluated, RunEvent, RunProgress, RunStarted, RunTracked


class Measurement(NamedTuple):
    """A loss of "train", "validation" or a tracked sentence, at one point of a run."""

    what: str
    tracked: bool
    seconds: float
    steps: int
    tokens: int
    nats: float


def measurements(events: Iterable[RunEvent]) -> Iterator[Measurement]:
    """Yields every loss in the events of a run, in nats per token."""
    tokens_per_step = 0
    for event in events:
        match event:
            case RunStarted():
                tokens_per_step = event.tokens_per_step
                continue
            case RunProgress():
                what, tracked, nats = "train", False, event.train_nats_per_token
            case RunEvaluated():
                what, tracked, nats = "validation", False, event.nats_per_token
            case RunTracked():
                what, tracked, nats = event.text, True, event.bits_per_token * NATS["bits"]
            case _:
                continue
        tokens = event.step * tokens_per_step
        yield Measurement(what, tracked, event.seconds, event.step, tokens, nats)


def curves(
    run: str, events: Iterable[RunEvent], *, x: Axis, unit: PerToken, tracked: bool = False
) -> list[Curve]:
    """The curves of training and validation loss, or those of the tracked sentences.

    Where a killed run resumed from an earlier step, the points after that step are replaced.
    """
    points: dict[str, list[tuple[float, float]]] = {}
    for loss in measurements(events):
        if loss.tracked == tracked:
            line, at = points.setdefault(loss.what, []), getattr(loss, x)
            while line and line[-1][0] >= at:
                line.pop()
            line.append((at, loss.nats / NATS[unit]))
    return [Curve(run, what, x, unit, tuple(line)) for what, line in points.items()]
