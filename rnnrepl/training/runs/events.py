"""The events of a training run: the lines of training/events.jsonl, as records.

`docs/events.md` explains every field.
"""

from dataclasses import dataclass, field
from typing import Literal

MAX_SCORES = 1000  # of a tracked sentence in a `History`; a run evaluates some fifty times
FORMAT = 2  # of events.jsonl; new fields and new events do not change it


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run starts or resumes: the model, the sizes of the texts in tokens, device and settings.

    `minutes` or `epochs` limits the run, the other is None. A step reads `batch` parallel streams,
    `bptt` tokens each: `tokens_per_step` in all. In the first share `bptt_warmup` of the run BPTT
    has half of that length, and a step updates the weights twice. `workers` share a batch, with
    operators on `threads` threads each (0: not recorded). `peers` networks learn from each other,
    of which the first is kept. A token takes `flops_per_token` floating-
    point operations in matrix products; the device has shown `peak_flops` of them per second.
    `tracked` are the sentences that are scored at each evaluation, `time` is the Unix time.
    `remark` is a sentence for the user, or empty.
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
    bptt_warmup: float = 0.0
    dropout: float = 0.0
    learning_rate: float = 0.0
    remark: str = ""
    weight_decay: float | None = None
    workers: int = 1
    threads: int = 0
    peers: int = 1
    flops_per_token: int = 0
    peak_flops: float = 0.0
    event: str = field(default="start", init=False)


@dataclass(frozen=True, slots=True)
class RunGrown:
    """A run starts from a model: the sizes of its vocabulary, `known`, and of the extension, `new`.

    `tokens` are the first of the new tokens; `start` is what the model began a text with, "zeros"
    or a token. The new model begins a text from zeros.
    """

    model: str
    known: int
    new: int
    tokens: tuple[str, ...]
    start: str
    event: str = field(default="grow", init=False)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Regular progress: `done` from 0 to 1, mean training loss since the last event, speed."""

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
    """A validation: figures as in `Evaluation`, and whether they are the `best` so far."""

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
    """A sentence of `--track`, scored with the current weights as `rnnrepl score` does.

    `bits` is the surprisal of all its tokens, including the end token if the model has one.
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
    """A short sample from the current weights."""

    step: int
    text: str
    event: str = field(default="sample", init=False)


@dataclass(frozen=True, slots=True)
class RunRewound:
    """Training diverged, seen at step `lost`; it continues from `step` with a lower learning rate.

    `learning_rate` is the new peak of the schedule, `times` the number of rewinds so far.
    """

    step: int
    lost: int
    learning_rate: float
    times: int
    event: str = field(default="rewind", init=False)


@dataclass(frozen=True, slots=True)
class RunHalved:
    """The device ran out of memory: a step now processes at most `rows` streams at once.

    Gradients are accumulated over all streams, so the result is the same up to rounding and the
    random numbers of dropout.
    """

    step: int
    rows: int
    event: str = field(default="halve", init=False)


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The end of a run: why it stopped, and its best validation.

    `early` means that it was done before its length because the validation loss rose.
    """

    run: str
    stopped: Literal["done", "interrupted"]
    step: int
    seconds: float
    tokens_per_second: float
    nats_per_token: float
    perplexity: float
    bits_per_char: float
    early: bool = False
    event: str = field(default="end", init=False)


@dataclass(frozen=True, slots=True)
class RunFailed:
    """A run ended with an error; `message` describes it. What was saved before is kept."""

    run: str
    step: int
    seconds: float
    message: str
    event: str = field(default="fail", init=False)


@dataclass(frozen=True, slots=True)
class RunLeft:
    """Shown to the user, never logged: the run continues in the background."""

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
    """The last event of each kind, the best evaluation, the scores of the tracked sentences."""

    started: RunStarted | None = None
    progress: RunProgress | None = None
    evaluated: RunEvaluated | None = None
    best: RunEvaluated | None = None
    sampled: RunSampled | None = None
    tracked: dict[str, list[RunTracked]] = field(default_factory=dict)
    ended: RunEnded | RunFailed | RunLeft | None = None

    def add(self, event: object) -> None:
        """Updates the history with an event; a start event clears `ended`."""
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
                scores = self.tracked.setdefault(event.text, [])
                scores.append(event)
                del scores[:-MAX_SCORES]
            case RunEnded() | RunFailed() | RunLeft():
                self.ended = event
