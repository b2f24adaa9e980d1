"""The score of a text as a record, and its parts: tokens, and sums over words and other spans."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from rnnrepl.results.fields import ASKED, Named, Unit

Summed = Literal["word", "region", "span", "text"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A likely token at this position, with its surprisal in the unit of the score."""

    text: str
    surprisal: float


@dataclass(frozen=True, slots=True)
class TokenScore(Named):
    """One token of a scored text.

    `start` and `end` are characters of the text as typed; the end token has empty text, at the end.
    `name` is that of the vocabulary where it differs: a jamo, a byte, the end token.
    `surprisal` is -log P(token | all tokens before it) and `entropy` that of the distribution, in
    the unit of the score. `rank` is 1 for the most likely token. `unk` marks an unknown token. A
    first token that the model does not predict has None for the three.

    `boundary` is -log P that the word before is over, in the unit, where this token ends it by
    beginning with a blank, or as the end token: the part of `surprisal` that belongs to that word.
    """

    text: str
    start: int
    end: int
    id: int
    unk: bool
    surprisal: float | None
    rank: int | None
    entropy: float | None
    top: tuple[Alternative, ...] = ()
    name: str | None = field(default=None, metadata=ASKED)
    boundary: float | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Predictors:
    """Predictors of the reading time of a word, and those of the word before it in the text.

    `length` is in characters, `position` the number of the word in the text, from 1.
    `log_frequency` is the logarithm of its share of the tokens of the training text, in the unit;
    None if its tokens are not words, or the model has no counts, or does not know it. The first
    word of a text has None for the figures of the word before.
    """

    length: int
    position: int
    log_frequency: float | None
    previous_surprisal: float | None
    previous_length: int | None
    previous_log_frequency: float | None


@dataclass(frozen=True, slots=True)
class SpanScore:
    """A part of a scored text: a word, a region, or characters `start` to `end`.

    `surprisal` is the exact sum over its `count` tokens, of which `unk` are unknown; `first` is the
    number of the first of them, from 1, and `entropy` that of the distribution at it. All three are
    None if no token belongs to it. `predictors` is optional, and always None for the end token.
    """

    text: str
    start: int
    end: int
    first: int | None
    count: int
    unk: int
    surprisal: float | None
    entropy: float | None = None
    predictors: Predictors | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """A text under a model: P(y<1>..y<T>) as a sum of surprisals.

    `start` names what the first token is conditioned on; `eos` says whether the end token is in
    the sum, `carry` whether the state came from the previous text. `total` is in `unit`; `count` is
    the number of scored tokens, `unk` of unknown tokens, `words` of parts between blanks.
    `bits_per_char` and `bits_per_byte` divide the total, in bits, by the characters and UTF-8 bytes
    of the text as typed, or as `normalised`. `perplexity` is exp(nats / count). A figure is None if
    it would divide by zero.

    Optional fields: `carry_weights`, whether adapted weights came from the previous text;
    `closing`, -log P that the last word is over, where no blank or end token is scored after it: it
    is part of the word, but not of `total`; `spans`, sums over tokens of the kind `by`, none for
    "text", which has no `tokens` either; `predictors`, whether words have theirs; `spell`, the
    model that spelled unknown tokens; `cache` and `adapt`, the settings of the neural cache and of
    dynamic evaluation, with `total_before` and `perplexity_before`, the figures without them;
    `clamp`, the units that the model held at values, as in 1:203=1; `normalised`, the form in which
    the model read letters that were typed in another one; `sentence_id`, the number of the line of
    a file, or of the text in a column, from 1.
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
    carry_weights: bool | None = field(default=None, metadata=ASKED)
    closing: float | None = field(default=None, metadata=ASKED)
    by: Summed | None = field(default=None, metadata=ASKED)
    spans: tuple[SpanScore, ...] | None = field(default=None, metadata=ASKED)
    predictors: bool | None = field(default=None, metadata=ASKED)
    spell: str | None = field(default=None, metadata=ASKED)
    cache: dict[str, float] | None = field(default=None, metadata=ASKED)
    adapt: dict[str, float] | None = field(default=None, metadata=ASKED)
    total_before: float | None = field(default=None, metadata=ASKED)
    perplexity_before: float | None = field(default=None, metadata=ASKED)
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)
    normalised: Literal["NFC"] | None = field(default=None, metadata=ASKED)
    sentence_id: int | None = field(default=None, metadata=ASKED)
