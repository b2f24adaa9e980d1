"""What a run told, as curves: a loss or a probe over time, steps or tokens."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rnnrepl.results import NATS, Axis, Curve, PerToken
from rnnrepl.training.runs.events import RunEvaluated, RunEvent, RunProbed, RunProgress, RunStarted


class Measurement(NamedTuple):
    """A loss at one moment of a run: of "train", "validation" or a probe; tokens read by then."""

    what: str
    probe: bool
    seconds: float
    steps: int
    tokens: int
    nats: float


def measurements(events: Iterable[RunEvent]) -> Iterator[Measurement]:
    """Every loss that a run told, in order."""
    step_tokens = 0
    for event in events:
        match event:
            case RunStarted():
                step_tokens = event.step_tokens
            case RunProgress():
                what, probe, nats = "train", False, event.train_nats_per_token
            case RunEvaluated():
                what, probe, nats = "validation", False, event.nats_per_token
            case RunProbed():
                what, probe, nats = event.text, True, event.bits_per_token * NATS["bits"]
        if isinstance(event, RunProgress | RunEvaluated | RunProbed):
            step = event.step
            yield Measurement(what, probe, event.seconds, step, step * step_tokens, nats)


def curves(
    run: str, events: Iterable[RunEvent], *, x: Axis, unit: PerToken, probes: bool = False
) -> list[Curve]:
    """The losses of a run, or its probes.

    Where a killed run went on from an earlier step, what it told after that step is left out.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for one in measurements(events):
        if one.probe == probes:
            points, place = found.setdefault(one.what, []), getattr(one, x)
            while points and points[-1][0] >= place:
                points.pop()
            points.append((place, one.nats / NATS[unit]))
    return [Curve(run, what, x, unit, tuple(points)) for what, points in found.items()]
