"""Settings of the neural cache and of dynamic evaluation."""

from dataclasses import dataclass
from itertools import product, starmap
from typing import TYPE_CHECKING, Annotated

from rnnrepl.ranges import COUNT, PROBABILITY, Range, check_fields
from rnnrepl.results.session import Notice

if TYPE_CHECKING:  # the help of a command loads this module, but no numpy
    from rnnrepl.tokenizer.contract import Level

_THETA = Range(-100, 100)
_LAMBDA = Range(0, 1, above=True, below=True)
_RATE = Range(0, 1e30, above=True)


@dataclass(frozen=True, slots=True)
class Cache:
    """Settings of a neural cache (Grave et al., 2017, arXiv:1612.04426).

    `window` is the number of past tokens it holds, `theta` the sharpness of its distribution
    (inverse temperature), `weight` its interpolation weight lambda. Raises RnnreplError for values
    out of range.
    """

    window: Annotated[int, COUNT] = 2000
    theta: Annotated[float, _THETA] = 0.3
    weight: Annotated[float, _LAMBDA] = 0.2

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def settings(self) -> dict[str, float]:
        """The settings under their names in the formula."""
        return {"window": self.window, "theta": self.theta, "lambda": self.weight}


# The grid of --tune-cache.
CACHES = list(
    starmap(
        Cache,
        product((100, 500, 2000), (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), (0.05, 0.1, 0.2, 0.3)),
    )
)


@dataclass(frozen=True, slots=True)
class Adapt:
    """Settings of dynamic evaluation (Krause et al., 2018, arXiv:1709.07432).

    After each `segment` of tokens has been scored, the weights are updated by

        theta <- theta - rate dL/dtheta + decay (theta_0 - theta)

    where L is the mean of -ln P over the segment and theta_0 are the original weights. Raises
    RnnreplError for values out of range.
    """

    rate: Annotated[float, _RATE] = 0.05
    decay: Annotated[float, PROBABILITY] = 0.001
    segment: Annotated[int, COUNT] = 20

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def settings(self) -> dict[str, float]:
        """The settings under their names in the formula."""
        return {"rate": self.rate, "decay": self.decay, "segment": self.segment}


# The grid of --tune-adapt.
ADAPTS = list(starmap(Adapt, product((0.02, 0.05, 0.1, 0.2), (0.0, 0.001, 0.01))))


@dataclass(frozen=True, slots=True)
class Adaptation:
    """Neural cache and dynamic evaluation.

    A neural cache (--cache; Grave et al., 2017) raises the probability of tokens that followed
    similar states earlier in the text. Dynamic evaluation (--adapt; Krause et al., 2018) trains a
    copy of the weights on each segment after scoring it. Both are reset for each text, unless
    --carry continues the one before; --carry-weights of `score` continues the weights alone. The
    model is unchanged; --save DIR keeps the adapted one as a new model.

    Raises RnnreplError for values out of range.
    """

    cache: Annotated[bool, "mix in a neural cache of the preceding text"] = False
    cache_window: Annotated[int, "size of the cache, in tokens", COUNT] = 2000
    cache_theta: Annotated[float, "sharpness theta of the cache (inverse temperature)", _THETA] = (
        0.3
    )
    cache_lambda: Annotated[
        float | None,
        "weight lambda of the cache (default: 0.2 for words, 0.1 for other tokens)",
        _LAMBDA,
    ] = None
    adapt: Annotated[bool, "adapt a copy of the weights (dynamic evaluation)"] = False
    adapt_rate: Annotated[float, "learning rate of dynamic evaluation", _RATE] = 0.05
    adapt_decay: Annotated[
        float, "pull towards the original weights after each segment", PROBABILITY
    ] = 0.001
    adapt_segment: Annotated[int, "length of a segment, in tokens", COUNT] = 20

    def __post_init__(self) -> None:
        check_fields(self)

    def cache_for(self, level: "Level") -> Cache:
        """Returns the settings of the cache for a kind of token, whether or not it is used."""
        weight = self.cache_lambda or (0.2 if level == "word" else 0.1)
        return Cache(self.cache_window, self.cache_theta, weight)

    @property
    def adapt_settings(self) -> Adapt:
        """The settings of dynamic evaluation, whether or not it is switched on."""
        return Adapt(self.adapt_rate, self.adapt_decay, self.adapt_segment)


def harm(before: float, after: float, *, cache: bool, adapt: bool) -> Notice | None:
    """Returns advice if surprisals with adaptation, `after`, are greater than those `before` it.

    There is none for less than 0.05 %: on a text of one segment, which is scored before the first
    update, the two differ by rounding.
    """
    if not before or after < 1.0005 * before:  # 0: no token was scored
        return None
    used = [name for name, on in (("cache", cache), ("adapt", adapt)) if on]
    lower = {"cache": "--cache-lambda", "adapt": "--adapt-rate"}
    return Notice(
        f"Here --{' --'.join(used)} raises the surprisal by {after / before - 1:.1%}: lower "
        f"{' and '.join(lower[name] for name in used)}, or find settings with eval "
        f"{' '.join(f'--tune-{name}' for name in used)}."
    )
