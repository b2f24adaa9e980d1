"""Loss curves of a run, from its events."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rnnrepl.results.fields import NATS, Axis, Per, PerToken
from rnnrepl.results.runs import Curve
from rnnrepl.training.runs.events import RunEvaluated, RunEvent, RunProgress, RunStarted, RunTracked


class Measurement(NamedTuple):
    """A loss of "train", "validation" or a tracked sentence, at one point of a run.

    `seconds` are those of training, `time` is the Unix time.
    """

    what: str
    tracked: bool
    time: float
    seconds: float
    steps: int
    tokens: int
    nats: float


def measurements(events: Iterable[RunEvent]) -> Iterator[Measurement]:
    """Yields every loss in the events of a run, in nats per token."""
    tokens_per_step, began, start, seconds = 0, 0.0, None, 0.0
    for event in events:
        match event:
            case RunStarted():
                tokens_per_step, start = event.tokens_per_step, event.time
                continue
            case RunProgress():
                what, tracked, nats = "train", False, event.train_nats_per_token
            case RunEvaluated():
                what, tracked, nats = "validation", False, event.nats_per_token
            case RunTracked():
                what, tracked, nats = event.text, True, event.bits_per_token * NATS["bits"]
            case _:
                continue
        if start is not None:  # a killed run goes on from its last state, before its last event
            began, start = start - min(seconds, event.seconds), None
        seconds, tokens = event.seconds, event.step * tokens_per_step
        yield Measurement(what, tracked, began + seconds, seconds, event.step, tokens, nats)


def curves(
    run: str,
    events: Sequence[RunEvent],
    *,
    x: Axis,
    unit: PerToken,
    tracked: bool = False,
    per: Per = "token",
) -> list[Curve]:
    """The curves of training and validation loss, or those of the tracked sentences.

    Where a killed run resumed from an earlier step, the points after that step are replaced. Per
    character, the losses are divided by the mean length of a token of the validation text; a run
    without a validation has no curves then.
    """
    size = NATS[unit] * (_token_length(events) if per == "char" else 1)
    points: dict[str, list[tuple[float, float]]] = {}
    for loss in measurements(events) if size else ():
        if loss.tracked == tracked:
            line, at = points.setdefault(loss.what, []), getattr(loss, x)
            while line and line[-1][0] >= at:
                line.pop()
            line.append((at, loss.nats / size))
    return [Curve(run, what, x, unit, tuple(line), per) for what, line in points.items()]


def tokenizer(events: Iterable[RunEvent]) -> str:
    """The name of the tokenizer of a run."""
    return next((event.tokenizer for event in events if isinstance(event, RunStarted)), "")


def _token_length(events: Iterable[RunEvent]) -> float:
    """The mean number of characters a token of the validation text; 0 before a validation."""
    for event in events:
        if isinstance(event, RunEvaluated) and event.bits_per_char > 0:
            return event.nats_per_token / NATS["bits"] / event.bits_per_char
    return 0.0
