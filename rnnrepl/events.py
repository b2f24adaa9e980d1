"""What a training run tells while it goes on: the lines of events.jsonl, as records."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: what is trained, on what, where; sizes in tokens, the limit as given."""

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
    event: str = field(default="start", init=False)


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
class RunSampled:
    """A short sample from the weights as they now are."""

    step: int
    text: str
    event: str = field(default="sample", init=False)


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


RunEvent = RunStarted | RunProgress | RunEvaluated | RunSampled | RunEnded
