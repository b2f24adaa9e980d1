"""What a run told, as curves: a loss or a tracked sentence over time, steps or tokens."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rnnrepl.results import NATS, Axis, Curve, PerToken
from rnnrepl.training.runs.events import RunEvaluated, RunEvent, RunProgress, RunStarted, RunTracked


class Measurement(NamedTuple):
    """A loss at one moment of a run: of "train", "validation" or a tracked sentence."""

    what: str
    tracked: bool
    seconds: float
    steps: int
    tokens: int
    nats: float


def measurements(events: Iterable[RunEvent]) -> Iterator[Measurement]:
    """Every loss that a run told, in order."""
    tokens_per_step = 0
    for event in events:
        match event:
            case RunStarted():
                tokens_per_step = event.tokens_per_step
            case RunProgress():
                what, tracked, nats = "train", False, event.train_nats_per_token
            case RunEvaluated():
                what, tracked, nats = "validation", False, event.nats_per_token
            case RunTracked():
                what, tracked, nats = event.text, True, event.bits_per_token * NATS["bits"]
        if isinstance(event, RunProgress | RunEvaluated | RunTracked):
            step = event.step
            yield Measurement(what, tracked, event.seconds, step, step * tokens_per_step, nats)


def curves(
    run: str, events: Iterable[RunEvent], *, x: Axis, unit: PerToken, tracked: bool = False
) -> list[Curve]:
    """The losses of a run, or its tracked sentences.

    Where a killed run went on from an earlier step, what it told after that step is left out.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for one in measurements(events):
        if one.tracked == tracked:
            points, place = found.setdefault(one.what, []), getattr(one, x)
            while points and points[-1][0] >= place:
                points.pop()
            points.append((place, one.nats / NATS[unit]))
    return [Curve(run, what, x, unit, tuple(points)) for what, points in found.items()]
