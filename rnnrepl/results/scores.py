"""Scores of texts and files, and predictions of the next token."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rnnrepl.errors import not_installed, usage
from rnnrepl.results.fields import ASKED, Named, Unit
from rnnrepl.results.session import Notice

if TYPE_CHECKING:  # imported by the method that needs it
    from pandas import DataFrame

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
class Score:
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
    the model read Hangul that was typed in another one; `sentence_id`, the number of the line of a
    file, or of the text in a column, from 1.
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

    def by_word(self) -> tuple[SpanScore, ...]:
        """Returns the surprisal of each word, and of the end token if it is scored.

        They are as with `by` "word", and add up to `total` and `closing`. Raises RnnreplError for a
        score by text, which has no tokens.
        """
        from rnnrepl.results import words

        if self.by == "text":
            raise usage("A score by text has no tokens to sum: leave out `by`.")
        return words.group(self, "word", words.words(self.text)).spans or ()

    def by_region(self) -> tuple[SpanScore, ...]:
        """Returns the surprisal of each region that was marked *so* in the text.

        Raises RnnreplError for a text that was not scored with `by` "region".
        """
        if self.by != "region":
            raise usage("The text has no regions: score it with `by` 'region', marked *so*.")
        return self.spans or ()

    def to_pandas(self) -> "DataFrame":
        """Returns a row for each token, or each span if tokens were summed.

        The columns are those of TSV without `sentence_id` and `clamp`; with `by` "text" there
        is one row. `top` holds records. A figure that is None is missing.

        Raises RnnreplError if pandas is not installed.
        """
        from rnnrepl.results import score_table

        try:
            from pandas import DataFrame
        except ImportError as error:
            raise not_installed("to_pandas", "pandas", "pandas") from error
        return DataFrame(score_table.rows(self), columns=score_table.columns(self))

    def _repr_html_(self) -> str:
        """The heat map, for notebooks."""
        import rnnrepl

        return rnnrepl.html(self)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a whole text, read with the state carried.

    `chars` and `bytes` are those of the text as the model read it, like the divisors of `Score`.
    `nats` is -ln P of the text; `perplexity_without_unk` leaves out its unknown tokens. `cache`,
    `adapt`, `perplexity_before` and `clamp` are as in `Score`. `spelled_nats` and
    `spelled_bits_per_char` include the spelling of unknown tokens by the model `spell`.
    """

    model: str
    tokens: int
    chars: int
    bytes: int
    unk: int
    nats: float
    nats_per_token: float
    perplexity: float
    perplexity_without_unk: float | None
    bits_per_char: float
    bits_per_byte: float
    words: int
    perplexity_per_word: float | None
    seconds: float
    parameters: int
    spell: str | None = field(default=None, metadata=ASKED)
    spelled_nats: float | None = field(default=None, metadata=ASKED)
    spelled_bits_per_char: float | None = field(default=None, metadata=ASKED)
    cache: dict[str, float] | None = field(default=None, metadata=ASKED)
    adapt: dict[str, float] | None = field(default=None, metadata=ASKED)
    perplexity_before: float | None = field(default=None, metadata=ASKED)
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)


def unknown_advantage(evaluations: Sequence[Evaluation]) -> Notice | None:
    """Returns a warning if unknown tokens make the figures of several models incomparable.

    They are comparable if no model has unknown tokens, if all were spelled, or if all have as many
    tokens and unknown tokens: those of one vocabulary.
    """
    counts = {(evaluation.tokens, evaluation.unk) for evaluation in evaluations}
    if len(counts) < 2 or not any(unk for _, unk in counts) or evaluations[0].spell:
        return None
    shares = ", ".join(f"{e.model} {e.unk / e.tokens:.1%}" for e in evaluations)
    return Notice(
        f"Not comparable as they are: unknown tokens cost only -log P(UNK), and their shares are "
        f"{shares}. Give --spell CHARMODEL."
    )


@dataclass(frozen=True, slots=True)
class NextToken:
    """A candidate for the next token, with its surprisal in the unit of the prediction."""

    text: str
    id: int
    unk: bool
    surprisal: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The next token after `text`: the most likely `tokens`, and the probability of the `rest`.

    `clamp` is as in `Score`; `context_id` is the number of the line of a file, from 1.
    """

    text: str
    model: str
    unit: Unit
    tokens: tuple[NextToken, ...]
    rest: float
    vocabulary: int
    entropy: float
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)
    context_id: int | None = field(default=None, metadata=ASKED)
