"""Training runs: how each one goes, and its loss curves."""

from dataclasses import dataclass
from typing import Literal

from rnnrepl.results.fields import Axis, Per, PerToken

RunStatus = Literal["running", "done", "stopped", "failed", "killed"]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The current state of a run: `done` from 0 to 1, its best evaluation, its latest speed.

    `state` is "stopped" for a run that was asked to end, "failed" for one whose log gives an error,
    "killed" for one that ended without writing anything. `time` is the Unix time of the latest
    start, `bytes` the size of its folder. A figure that is unknown is None, and so is
    `seconds_left` once the run has ended.
    """

    name: str
    path: str
    state: RunStatus
    level: str
    time: float
    step: int
    done: float
    seconds: float
    seconds_left: float | None
    tokens_per_second: float | None
    nats_per_token: float | None
    perplexity: float | None
    bits_per_char: float | None
    bytes: int | None = None
    tokenizer: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """The mean loss of a run per token or character, in `unit`, over `x`.

    `what` is "train", "validation" or a tracked sentence. `points` are pairs (x, y) with rising x.
    """

    run: str
    what: str
    x: Axis
    unit: PerToken
    points: tuple[tuple[float, float], ...]
    per: Per = "token"
