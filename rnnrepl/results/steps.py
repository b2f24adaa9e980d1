"""Results of `steps`: what a network computes at each time step of a text."""

from dataclasses import dataclass, field

from rnnrepl.results.fields import ASKED

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """A quantity of a time step: symbol in the theory, signal with its values, and formula."""

    symbol: str
    signal: str
    formula: str


@dataclass(frozen=True, slots=True)
class SignalSummary:
    """A vector in numbers: mean, extremes, Euclidean norm.

    Of a gate, `closed` and `open` are the shares of units below 0.1 and above 0.9.
    """

    mean: float
    min: float
    max: float
    norm: float
    closed: float | None
    open: float | None


@dataclass(frozen=True, slots=True)
class TokenLogit:
    """A token of the vocabulary with its logit and p = exp(logit) / sum of exp(logits)."""

    text: str
    id: int
    logit: float
    p: float


@dataclass(frozen=True, slots=True)
class TimeStep:
    """Time step t: reads x<t>, the token y<t-1>, in state a<t-1>, and predicts y<t>.

    `x` is the token that is read, None for x<1> = 0. `y` is the token of the text at t, `top` are
    the likeliest, and `log_z` is ln of the sum of exp(logits). `layers` has for each layer the
    signals in short, by the names in `formulas`; `vectors`, if they were asked for, all vectors by
    the names of `Model.trace`, and `p`, the distribution.
    """

    t: int
    x: str | None
    y: TokenLogit
    top: tuple[TokenLogit, ...]
    log_z: float
    layers: tuple[dict[str, SignalSummary], ...]
    vectors: dict[str, Vector] | None


@dataclass(frozen=True, slots=True)
class Steps:
    """The time steps of a text, and the formulas of the cell.

    `start` is the condition of the first token: "zeros", "none", or the text of the start token.
    `initial` is a<0>: "zero" or "learned". `state`, the vectors before the first step, `weights`,
    the matrices and vectors that the formulas name, and `tokens`, the vocabulary, are None unless
    all vectors were asked for. `clamp` holds the units that the model held at values, if any.
    """

    text: str
    model: str
    cell: str
    hidden: tuple[int, ...]
    start: str
    initial: str
    formulas: tuple[Formula, ...]
    steps: tuple[TimeStep, ...]
    tokens: tuple[str, ...] | None
    state: dict[str, Vector] | None
    weights: dict[str, Vector | Matrix] | None
    clamp: tuple[str, ...] | None = field(default=None, metadata=ASKED)
