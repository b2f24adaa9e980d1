"""Results of looking inside a model: activations, neurons, ablations, gates, attributions.

The field `clamp` holds the units that the model held at values, if any, as in 1:203=1.
"""

from dataclasses import dataclass, field
from typing import Literal

from rnnrepl.results.fields import ASKED, Baseline, Method, Named, Signal

Gate = Literal["input", "forget", "output", "reset", "update"]


@dataclass(frozen=True, slots=True)
class Place(Named):
    """A token of a text: its characters from `start` to `end`.

    `name` is that of the vocabulary where it differs from `text`.
    """

    text: str
    start: int
    end: int
    name: str | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Activations:
    """The values of units over a text: `units["L:K"]` has one a token, after it was read.

    `signal` is h, c (the cell itself, not its tanh), or a gate: i, f, g, o of an LSTM, r, z, n of a
    GRU.
    """

    text: str
    model: str
    signal: Signal
    tokens: tuple[Place, ...]
    units: dict[str, tuple[float, ...]]
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)

    def _repr_html_(self) -> str:
        """The heat map, for notebooks."""
        import rnnrepl

        return rnnrepl.html(self)


@dataclass(frozen=True, slots=True)
class UnitResponse:
    """How well a unit tells tokens with a feature (`target`) from others.

    `auc` is the probability that a token with the feature has a greater value (`direction` "above",
    else a smaller one) than a token without it. The unit was ranked by `auc_train`, on one half of
    the text; `auc`, `p` (Mann-Whitney, times the number of units and signals tried), `positives`
    and `negatives`, the numbers of tokens, are of the other half. `threshold` separates best.
    """

    unit: str
    signal: Literal["h", "c"]
    auc: float
    auc_train: float
    threshold: float
    direction: Literal["above", "below"]
    p: float
    positives: int
    negatives: int
    target: str
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class LayerProbe:
    """A linear probe on all units of a layer: its accuracy on the half it was not trained on.

    Accuracies are balanced, the mean of both classes: `chance` is 0.5. `best_unit_accuracy` is that
    of the best single unit at its threshold, `shuffled` that of a probe trained on shuffled labels.
    """

    layer: int
    signal: Literal["h", "c"]
    accuracy: float
    best_unit: str
    best_unit_accuracy: float
    shuffled: float
    chance: float
    tokens: int
    target: str
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Ablation:
    """What a text costs without some units, in nats a token.

    `change` is the mean change at all tokens, `inside` and `outside` at those within and beyond the
    matches, if there are any. `controls` are the changes for random sets of as many units of the
    same layers (of a single unit that was ranked: for each other unit of its layer),
    `controls_inside` those within the matches; `percentile` is the share of them that cost less.
    """

    units: tuple[str, ...]
    to: str
    nats_per_token: float
    ablated_nats_per_token: float
    change: float
    inside: float | None
    outside: float | None
    controls: tuple[float, ...]
    percentile: float | None
    controls_inside: tuple[float, ...] | None
    tokens: int
    tokens_inside: int | None
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class GateSaturation:
    """For how much of a text a gate of a layer is closed (below 0.1) and open (above 0.9).

    `closed` and `open` are shares of time, means over all units; `units_closed` and `units_open`
    have the share of each unit.
    """

    layer: int
    gate: Gate
    closed: float
    open: float
    units_closed: tuple[float, ...]
    units_open: tuple[float, ...]
    tokens: int
    model: str
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Attribution(Named):
    """How much one earlier token, a source, contributed to a prediction, in nats.

    `attribution` is positive where the source speaks for the target (against `against`, if there
    is one). `at` is the character at which the target begins. `difference` and `gap` are those of
    the `Explanation`. `name` is that of the vocabulary where it differs from `text`.
    """

    at: int
    target: str
    against: str | None
    method: Method
    text: str
    start: int
    end: int
    attribution: float
    difference: float
    gap: float
    model: str
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)
    name: str | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model predicts `target`, rather than `against` if that is given, at a place of a text.

    `logprob` and `against_logprob` are their log probabilities, in nats. The explained value is
    `logprob`, or `logprob` - `against_logprob`; `difference` is that value minus the value with all
    sources replaced by the `baseline`, `total` the sum of the attributions, and `gap` is
    `difference` - `total`. `steps` is the number of points of integrated gradients.
    """

    text: str
    model: str
    method: Method
    baseline: Baseline
    at: int
    target: str
    against: str | None
    logprob: float
    against_logprob: float | None
    sources: tuple[Attribution, ...]
    difference: float
    total: float
    gap: float
    steps: int | None = field(default=None, metadata=ASKED)
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)

    def _repr_html_(self) -> str:
        """The colored text, for notebooks."""
        import rnnrepl

        return rnnrepl.html(self)


@dataclass(frozen=True, slots=True)
class NearestPlace:
    """A place of a text at which the state of the network is near to another state.

    `position` is the number of characters before it, `context` the last of them, `next` the token
    that follows, and `following` the text that begins with it. `similarity` is the cosine of both
    states, from -1 to 1.
    """

    position: int
    context: str
    next: str
    similarity: float
    following: str
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)
