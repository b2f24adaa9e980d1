"""What commands return: frozen records, from the standard library alone, the same in every door.

`--format json` prints these records field by field, so a field's name is part of the contract.
Where a quantity has a unit its name says so, or a field `unit` stands beside it.
"""

from dataclasses import dataclass, field
from math import log
from typing import Any, Literal

Unit = Literal["bits", "nats", "log10"]

# How many nats one bit, one nat, one decimal order is.
NATS: dict[Unit, float] = {"bits": log(2), "nats": 1.0, "log10": log(10)}


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that could have stood here: its text, and its surprisal in the unit of the score."""

    text: str
    surprisal: float


@dataclass(frozen=True, slots=True)
class TokenScore:
    """One token of a scored text.

    `start` and `end` are characters of the text as typed; the end token, where it is scored, has
    empty text and stands at its end. `surprisal` is -log P(token | all before it) and `entropy`
    that of the whole distribution at this place, both in the unit of the score. `rank` is 1 for
    the likeliest token. `unk` marks what the vocabulary does not hold.
    """

    text: str
    start: int
    end: int
    id: int
    unk: bool
    surprisal: float
    rank: int
    entropy: float
    top: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A text under a model: P(y<1>..y<T>) as a sum of surprisals, token by token.

    `start` names what the first token is conditioned on, `eos` whether the end token is in the
    sum, `carry` whether the state came from the text before. `total` is in `unit`; `count` counts
    the scored tokens and `unk` the unknown ones among them. The perplexities are per token,
    `bits_per_char` and `bits_per_byte` divide the total, in bits, by the characters and UTF-8 bytes
    of the text as given, and `perplexity_per_word` takes its mean over `words`, the parts of that
    text between blanks. A figure that would divide by nothing is None.
    """

    text: str
    model: str
    unit: Unit
    start: str
    eos: bool
    carry: bool
    tokens: tuple[TokenScore, ...]
    total: float
    count: int
    unk: int
    perplexity: float | None
    perplexity_without_unk: float | None
    bits_per_char: float | None
    bits_per_byte: float | None
    words: int
    perplexity_per_word: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One set of figures for a whole text, its state carried from end to end."""

    model: str
    tokens: int
    chars: int
    bytes: int
    unk: int
    nats: float
    nats_per_token: float
    perplexity: float
    bits_per_char: float
    bits_per_byte: float
    words: int
    perplexity_per_word: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class SampledToken:
    """One drawn token, with its log-probability (nats) under the model, and as it was drawn.

    `logprob` is the model's own, `sampled_logprob` the one after temperature and truncation.
    """

    text: str
    id: int
    logprob: float
    sampled_logprob: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that has just been written, to be shown as it comes; `prompt` marks what was given."""

    text: str
    prompt: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A continuation: `text` follows `prompt`; the seed and settings repeat it.

    `stopped` says why it ended; "interrupted" marks one that a person cut short.
    """

    prompt: str
    text: str
    seed: int
    settings: dict[str, Any]
    tokens: tuple[SampledToken, ...]
    stopped: Literal["eos", "length", "stop", "interrupted"]


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """One token of a tokenized text: its id and the characters (start, end) it stands for."""

    text: str
    start: int
    end: int
    id: int
    unk: bool


@dataclass(frozen=True, slots=True)
class Tokenization:
    """A text as a tokenizer sees it."""

    text: str
    tokenizer: str
    tokens: tuple[TokenSpan, ...]
    count: int
    unk: int


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """One option of a tokenizer: what it is called, what it takes, its default and its help."""

    name: str
    type: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenizerInfo:
    """A tokenizer that was found: `source` says where; `broken` why it cannot be used, if so."""

    name: str
    source: str
    summary: str = ""
    options: tuple[OptionInfo, ...] = ()
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that was found: its sizes, its figures, or why it cannot be opened."""

    name: str
    path: str
    source: str
    tokenizer: str = ""
    cell: str = ""
    hidden: tuple[int, ...] = ()
    vocabulary: int = 0
    parameters: int = 0
    bits_per_char: float | None = None
    perplexity: float | None = None
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything `model.json` says of a model, and where it lies."""

    name: str
    path: str
    parameters: int
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the session: its value, and where that came from."""

    name: str
    value: Any
    origin: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the program says of itself: goes to stderr, never among the data."""

    text: str


# --- what a training run tells while it goes on: the lines of events.jsonl ---------------------


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
