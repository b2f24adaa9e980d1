"""Scores of texts and files, and predictions of the next token."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rnnrepl.errors import not_installed, usage
from rnnrepl.results import score_table, words
from rnnrepl.results.fields import ASKED, Unit
from rnnrepl.results.score_parts import ScoreRecord, SpanScore
from rnnrepl.results.session import Notice

if TYPE_CHECKING:  # imported by the method that needs it
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Score(ScoreRecord):
    """A text under a model: P(y<1>..y<T>) as a sum of surprisals, with its words and tables.

    The fields are those of `ScoreRecord`.
    """

    def by_word(self) -> tuple[SpanScore, ...]:
        """Returns the surprisal of each word, and of the end token if it is scored.

        They are as with `by` "word", and add up to `total` and `closing`. Raises RnnreplError for a
        score by text, which has no tokens.
        """
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
        try:
            from pandas import DataFrame
        except ImportError as error:
            raise not_installed("to_pandas", "pandas", "pandas") from error
        names = score_table.columns(self.by, predictors=bool(self.predictors))
        return DataFrame(score_table.rows(self), columns=names)

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
