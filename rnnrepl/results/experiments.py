"""Results of experiments on sentences: minimal pairs, test suites, continuations, classes."""

from dataclasses import dataclass, field
from typing import Any

from rnnrepl.results.fields import ASKED, Unit


@dataclass(frozen=True, slots=True)
class PairScore:
    """A minimal pair under a model.

    The surprisals, in `unit`, are those of the sentences, or of their critical parts if these are
    given; they include the end of an open last word. `good_unk` and `bad_unk` count the unknown
    tokens of the sentences, up to the end of their critical parts if these are given. `correct` is
    1 if the good sentence is more likely, 0.5 for a tie, else 0.
    """

    pair_id: str
    group: str
    good: str
    bad: str
    good_surprisal: float
    bad_surprisal: float
    good_unk: int
    bad_unk: int
    correct: float
    unit: Unit
    model: str
    good_critical: str | None = None
    bad_critical: str | None = None


@dataclass(frozen=True, slots=True)
class PairAccuracy:
    """The accuracy of a model on a group of minimal pairs, or on "all".

    A tie counts one half; `low` and `high` are the 95 % Wilson interval. `unk` is the share of the
    pairs with unknown tokens, `pairs_known` the number of the others, `accuracy_known` the accuracy
    on them, None if there are none.
    """

    model: str
    group: str
    pairs: int
    accuracy: float
    low: float
    high: float
    ties: int
    unk: float
    pairs_known: int
    accuracy_known: float | None


@dataclass(frozen=True, slots=True)
class PairDifference:
    """Two models on the same minimal pairs.

    `difference` is the accuracy of `model` minus that of `other`. `better` and `worse` count the
    pairs on which `model` does better or worse; `p` is the two-sided exact McNemar test of them.
    """

    model: str
    other: str
    group: str
    pairs: int
    difference: float
    better: int
    worse: int
    p: float


@dataclass(frozen=True, slots=True)
class RegionScore:
    """A region of a sentence of a test suite.

    `surprisal` is the sum over its `tokens` tokens, of which `unk` are unknown; the other figures
    are of the surprisals of the tokens. All are in `unit`, and 0 for a region without tokens.
    """

    suite: str
    item: int
    condition: str
    region_number: int
    region: str
    content: str
    surprisal: float
    tokens: int
    unk: int
    mean: float
    median: float
    range: float
    max: float
    min: float
    unit: Unit
    model: str


@dataclass(frozen=True, slots=True)
class SuiteAccuracy:
    """How often a prediction of a test suite holds.

    `true` is the number of items for which `formula` holds, `accuracy` their share, with the 95 %
    Wilson interval `low` to `high`. `items_unk` is the number of items with unknown tokens,
    `metric` the figure of a region that the formula refers to.
    """

    model: str
    suite: str
    prediction: int
    formula: str
    items: int
    true: int
    accuracy: float
    low: float
    high: float
    items_unk: int
    metric: str


@dataclass(frozen=True, slots=True)
class Continuation:
    """A candidate after a context.

    `surprisal`, in `unit`, is the sum over its `tokens` tokens, of which `unk` are unknown, and `p`
    the probability. `share` is p divided by the sum over the candidates, `rank` 1 for the likeliest
    of them. `close` says whether the end of the candidate's last word is charged, where blanks end
    words, `clamp` the units that the model held at values.
    """

    context_id: int
    context: str
    candidate: str
    surprisal: float
    p: float
    share: float
    rank: int
    unk: int
    tokens: int
    close: bool
    unit: Unit
    model: str
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class ClassifiedText:
    """A text with its most probable class.

    `label` is the given class, None if there is none. `posterior` holds P(class | text), `totals`
    the surprisal of the text under the model of each class, in `unit`, and `unk` the largest number
    of unknown tokens that a model meets.
    """

    text: str
    label: str | None
    predicted: str
    posterior: dict[str, float]
    totals: dict[str, float]
    unk: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Classification:
    """Figures of the classification of labelled texts.

    `accuracy` has the 95 % Wilson interval `low` to `high`. `confusion[label][predicted]` counts
    texts. `ece` is the expected calibration error over ten bins. `surest` and `least_sure` are the
    texts with the highest and the lowest posterior of the predicted class, as
    {"text", "label", "predicted", "p"}.
    """

    texts: int
    accuracy: float
    low: float
    high: float
    confusion: dict[str, dict[str, int]]
    ece: float
    priors: dict[str, float]
    surest: tuple[dict[str, Any], ...]
    least_sure: tuple[dict[str, Any], ...]
