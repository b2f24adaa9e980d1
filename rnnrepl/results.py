"""What commands return: frozen records, from the standard library alone, the same in every door.

`--format json` prints these records field by field, so a field's name is part of the contract.
Where a quantity has a unit its name says so, or a field `unit` stands beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any, Literal

Unit = Literal["bits", "nats", "log10"]
Summed = Literal["word", "region", "span"]

# How many nats one bit, one nat, one decimal order is.
NATS: dict[Unit, float] = {"bits": log(2), "nats": 1.0, "log10": log(10)}

ASKED = {"asked": True}  # marks a field that is not written while it is None


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that could have stood here, with its surprisal in the unit of the score."""

    text: str
    surprisal: float


@dataclass(frozen=True, slots=True)
class TokenScore:
    """One token of a scored text.

    `start` and `end` are characters of the text as typed; the end token has empty text and stands
    at its end. `surprisal` is -log P(token | all before it), `entropy` that of the distribution
    here, in the unit of the score. `rank` is 1 for the likeliest. `unk` marks an unknown token.
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
class SpanScore:
    """Part of a scored text: a word, a region, characters from `start` to `end`.

    `surprisal` is the exact sum over its `count` tokens, the first of which is token number
    `first`, from 1; both are None where no token belongs to it. `unk` counts the unknown ones.
    """

    text: str
    start: int
    end: int
    first: int | None
    count: int
    unk: int
    surprisal: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """A text under a model: P(y<1>..y<T>) as a sum of surprisals.

    `start` names what the first token is conditioned on, `eos` whether the end token is in the
    sum, `carry` whether the state came from the text before. `total` is in `unit`; `count` counts
    the scored tokens, `unk` the unknown ones, `words` the parts between blanks. `bits_per_char` and
    `bits_per_byte` divide the total, in bits, by the characters and UTF-8 bytes of the text as
    given. A figure that would divide by nothing is None.

    Where they were asked for there are `spans` over which tokens were summed, of the kind `by`;
    `spell`, the model that unknown ones were spelled by; `cache` and `adapt`, the settings of what
    was taken from the text, and the figures without, "before".
    """

    text: str
    model: str
    unit: Unit
    start: str
    eos: bool
    carry: bool
    tokens: Sequence[TokenScore]
    total: float
    count: int
    unk: int
    perplexity: float | None
    perplexity_without_unk: float | None
    bits_per_char: float | None
    bits_per_byte: float | None
    words: int
    perplexity_per_word: float | None
    by: Summed | None = field(default=None, metadata=ASKED)
    spans: tuple[SpanScore, ...] | None = field(default=None, metadata=ASKED)
    spell: str | None = field(default=None, metadata=ASKED)
    cache: dict[str, float] | None = field(default=None, metadata=ASKED)
    adapt: dict[str, float] | None = field(default=None, metadata=ASKED)
    total_before: float | None = field(default=None, metadata=ASKED)
    perplexity_before: float | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a whole text, its state carried; `cache`, `adapt`, "before" as in a score."""

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
    cache: dict[str, float] | None = field(default=None, metadata=ASKED)
    adapt: dict[str, float] | None = field(default=None, metadata=ASKED)
    perplexity_before: float | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold of a model: its largest error, and whether that is in the limit."""

    name: str
    figure: float
    limit: float
    ok: bool


@dataclass(frozen=True, slots=True)
class NextToken:
    """A token that may come next, with its surprisal in the unit of the prediction."""

    text: str
    id: int
    unk: bool
    surprisal: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What may come after `text`; `rest` is the probability of all that `tokens` leaves out."""

    text: str
    model: str
    unit: Unit
    tokens: tuple[NextToken, ...]
    rest: float
    vocabulary: int
    entropy: float


@dataclass(frozen=True, slots=True)
class SampledToken:
    """A drawn token; its log-probability in nats, the model's own and what the samplers made it."""

    text: str
    id: int
    logprob: float
    sampled_logprob: float


@dataclass(frozen=True, slots=True)
class SamplerStage:
    """How many candidates a sampler leaves, and what they have together under the model."""

    sampler: str
    candidates: int
    mass: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that has just been written, to be shown as it comes; `prompt` marks what was given.

    `bits` is the surprisal of its tokens under the model, where that shall be shown.
    """

    text: str
    prompt: bool = False
    bits: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A continuation: `text` follows `prompt`; the seed and settings repeat it.

    `stopped` says why it ended; "interrupted" marks one that a person cut short. `logprob` is that
    of all its tokens under the model, in nats; `matched` whether the text is what it had to match.
    """

    prompt: str
    text: str
    seed: int
    settings: dict[str, Any]
    tokens: tuple[SampledToken, ...]
    stopped: Literal["eos", "length", "stop", "match", "dead end", "interrupted"]
    logprob: float = 0.0
    matched: bool | None = field(default=None, metadata=ASKED)


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
    """A tokenizer at `source`: why it is broken, if it is, and what pip must install for it."""

    name: str
    source: str
    summary: str = ""
    options: tuple[OptionInfo, ...] = ()
    broken: str | None = None
    install: str = ""


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
