"""Comparisons of models on texts."""

from dataclasses import dataclass, field

from rnnrepl.results.fields import ASKED, Unit


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
    unknown tokens were spelled with, `sentence_id` is the number of the line of a file, or of the
    text in a column, from 1.
    """

    text: str
    unit: Unit
    eos: bool
    spell: str | None
    models: tuple[ComparedModel, ...]
    parts: tuple[ComparedPart, ...]
    sentence_id: int | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class TextTotals:
    """The figures of one model on all texts of a comparison.

    `best` is the number of texts for which no other model has a lower total.
    """

    model: str
    total: float
    count: int
    unk: int
    unknown: float
    bits_per_char: float | None
    best: int


@dataclass(frozen=True, slots=True)
class TotalDifference:
    """How much more surprising texts are under `model` than under `other`, in the unit.

    `mean` is per text, with its 95 % paired bootstrap interval; `p` is that of the sign-permutation
    test. It is negative if `model` predicts the texts better.
    """

    model: str
    other: str
    mean: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """All texts of a comparison: the totals, and the first model compared with each other one.

    `seed` and the number of `resamples` reproduce intervals and p.
    """

    texts: int
    unit: Unit
    eos: bool
    spell: str | None
    models: tuple[TextTotals, ...]
    differences: tuple[TotalDifference, ...]
    resamples: int
    seed: int
