"""What a training run tells while it goes on: the lines of events.jsonl, as records.

`docs/events.md` explains every field.
"""

from dataclasses import dataclass, field
from typing import Literal

FORMAT = 2  # what the fields mean; a new field or a new event does not change it


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: what is trained, on what, where; sizes in tokens, the limit as given.

    `tokens_per_step` is what one step reads, `tracked` the sentences that are scored at each
    evaluation, `time` the Unix time, `format` the number of this schema.
    A step learns from `batch` places, `bptt` tokens at each. `remark` is a sentence, or empty.
    """

    run: str
    device: str
    precision: str
    tokenizer: str
    level: str
    vocabulary: int
    cell: str
    hidden: tuple[int, ...]
    parameters: int
    train_tokens: int
    valid_tokens: int
    epochs: float | None
    minutes: float | None
    resumed: bool = False
    tokens_per_step: int = 0
    tracked: tuple[str, ...] = ()
    time: float = 0.0
    format: int = FORMAT
    batch: int = 0
    bptt: int = 0
    dropout: float = 0.0
    learning_rate: float = 0.0
    remark: str = ""
    weight_decay: float | None = None
    event: str = field(default="start", init=False)


@dataclass(frozen=True, slots=True)
class RunGrown:
    """A run goes on from a model: `known` are the tokens that this had, `new` those that it gets.

    `tokens` are the first of the new ones; `start` is what the model began a text with, "zeros" or
    a token: the run learns to begin from zeros.
    """

    model: str
    known: int
    new: int
    tokens: tuple[str, ...]
    start: str
    event: str = field(default="grow", init=False)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run's heartbeat: `done` from 0 to 1, mean training loss since the last one, and speed."""

    step: int
    epoch: float
    done: float
    seconds: float
    seconds_left: float
    train_nats_per_token: float
    learning_rate: float
    tokens_per_second: float
    event: str = field(default="progress", init=False)


@dataclass(frozen=True, slots=True)
class RunEvaluated:
    """The validation text, state carried: figures as in `Evaluation`; `best` so far or not."""

    step: int
    seconds: float
    nats_per_token: float
    perplexity: float
    bits_per_char: float
    unk: int
    best: bool
    event: str = field(default="eval", init=False)


@dataclass(frozen=True, slots=True)
class RunTracked:
    """A sentence of `--track` under the weights as they now are, scored as `score` does.

    `bits` is the surprisal of all its tokens, the end token included where there is one.
    """

    step: int
    seconds: float
    text: str
    bits: float
    tokens: int
    bits_per_token: float
    unk: int
    event: str = field(default="track", init=False)


@dataclass(frozen=True, slots=True)
class RunSampled:
    """A short sample from the weights as they now are."""

    step: int
    text: str
    event: str = field(default="sample", init=False)


@dataclass(frozen=True, slots=True)
class RunRewound:
    """The loss exploded at step `lost`: back to `step`, and on with a smaller learning rate.

    `learning_rate` is the highest of its schedule from now on; `times`, how often this happened.
    """

    step: int
    lost: int
    learning_rate: float
    times: int
    event: str = field(default="rewind", init=False)


@dataclass(frozen=True, slots=True)
class RunHalved:
    """The device had no room for a step: it takes at most `rows` of its places at once from now on.

    Their gradients are added up, so what is learnt is the same.
    """

    step: int
    rows: int
    event: str = field(default="halve", init=False)


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over: why, and the best it reached on the validation text."""

    run: str
    stopped: Literal["done", "interrupted"]
    step: int
    seconds: float
    tokens_per_second: float
    nats_per_token: float
    perplexity: float
    bits_per_char: float
    event: str = field(default="end", init=False)


@dataclass(frozen=True, slots=True)
class RunFailed:
    """A run could not go on: what it said. What it had saved until then is there."""

    run: str
    step: int
    seconds: float
    message: str
    event: str = field(default="fail", init=False)


@dataclass(frozen=True, slots=True)
class RunLeft:
    """Told to people, never in a log: who followed the run has left it, and it goes on."""

    run: str
    event: str = field(default="left", init=False)


RunEvent = (
    RunStarted
    | RunGrown
    | RunProgress
    | RunEvaluated
    | RunTracked
    | RunSampled
    | RunRewound
    | RunHalved
    | RunEnded
    | RunFailed
)


@dataclass
class History:
    """The last event of each kind, the best evaluation, and all scores of the tracked sentences."""

    started: RunStarted | None = None
    progress: RunProgress | None = None
    evaluated: RunEvaluated | None = None
    best: RunEvaluated | None = None
    sampled: RunSampled | None = None
    tracked: dict[str, list[RunTracked]] = field(default_factory=dict)
    ended: RunEnded | RunFailed | RunLeft | None = None

    def add(self, event: object) -> None:
        """Remembers an event; a run that goes on has not ended."""
        match event:
            case RunStarted():
                self.started, self.ended = event, None
            case RunProgress():
                self.progress = event
            case RunEvaluated():
                self.evaluated = event
                self.best = event if event.best else self.best
            case RunSampled():
                self.sampled = event
            case RunTracked():
                self.tracked.setdefault(event.text, []).append(event)
            case RunEnded() | RunFailed() | RunLeft():
                self.ended = event
