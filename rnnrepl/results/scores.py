"""Scores of texts and files, predictions of the next token, comparisons of models."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from rnnrepl.results.fields import ASKED, Unit

Summed = Literal["word", "region", "span"]


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

    def _repr_html_(self) -> str:
        """The heat map, for notebooks."""
        import rnnrepl

        return rnnrepl.html(self)


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
class ComparedPart:
    """Characters start to end of a text, which every model reads as tokens of their own.

    `surprisals` holds for each model the exact sum over its tokens here, in the unit of the
    comparison, None if it has no token here; `unk` holds whether any of them is unknown.
    """

    text: str
    start: int
    end: int
    surprisals: tuple[float | None, ...]
    unk: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """A model in a comparison: the figures of its score, and P(model | text).

    `unknown` is the share of the characters outside its vocabulary.
    """

    model: str
    start: str
    total: float
    count: int
    unk: int
    unknown: float
    bits_per_char: float | None
    perplexity_per_word: float | None
    posterior: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A text under several models.

    `eos` says whether the end token is scored under all of them; `spell` names the model that
    unknown tokens were spelled with.
    """

    text: str
    unit: Unit
    eos: bool
    spell: str | None
    models: tuple[ComparedModel, ...]
    parts: tuple[ComparedPart, ...]
