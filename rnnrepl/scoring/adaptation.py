"""What a model may take from a text as it reads it: a neural cache, dynamic evaluation."""

from dataclasses import dataclass
from itertools import product
from typing import Annotated

from rnnrepl.errors import usage


@dataclass(frozen=True, slots=True)
class Cache:
    """A neural cache (Grave et al., 2017): what came after similar states is expected again.

    `window` places are remembered, and told apart as sharply as `theta` says; `weight`, the
    lambda, is the cache's share of each probability.
    """

    window: int = 2000
    theta: float = 0.03
    weight: float = 0.2

    def __post_init__(self) -> None:
        if self.window < 1 or not 0 < self.weight < 1:
            raise usage("A cache has a window of 1 or more and a lambda between 0 and 1.")

    @property
    def settings(self) -> dict[str, float]:
        """By their names in the formula."""
        return {"window": self.window, "theta": self.theta, "lambda": self.weight}


# What is tried where it is tuned.
CACHES = [
    Cache(*one)
    for one in product((100, 500, 2000), (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), (0.05, 0.1, 0.2, 0.3))
]


@dataclass(frozen=True, slots=True)
class Adapt:
    """Dynamic evaluation (Krause et al., 2018): every `segment` tokens the weights learn from them.

    theta <- theta - rate dL/dtheta + decay (theta_0 - theta), where L is the mean of -ln P over
    the segment, which was scored before, and theta_0 are the model's own weights.
    """

    rate: float = 0.05
    decay: float = 0.001
    segment: int = 20

    def __post_init__(self) -> None:
        if self.segment < 1 or not self.rate > 0 or not 0 <= self.decay <= 1:
            raise usage(
                "Adapting has a rate above 0, a decay from 0 to 1 and a segment of 1 or more."
            )

    @property
    def settings(self) -> dict[str, float]:
        """By their names in the formula."""
        return {"rate": self.rate, "decay": self.decay, "segment": self.segment}


# What is tried where it is tuned.
ADAPTS = [Adapt(*one) for one in product((0.02, 0.05, 0.1, 0.2), (0.0, 0.001, 0.01))]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What is to be taken from the text, as options.

    Raises RnnreplError for figures that neither can have.
    """

    cache: Annotated[bool, "mix in a neural cache of what came before"] = False
    cache_window: Annotated[int, "the last N tokens are in the cache"] = 2000
    cache_theta: Annotated[float, "how sharply X the cache tells states apart"] = 0.03
    cache_lambda: Annotated[float, "the cache's share X of each probability"] = 0.2
    adapt: Annotated[bool, "let a copy of the weights learn from what came before"] = False
    adapt_rate: Annotated[float, "how much X it learns from each segment"] = 0.05
    adapt_decay: Annotated[float, "the part X of what was learnt that each segment undoes"] = 0.001
    adapt_segment: Annotated[int, "it learns from N tokens at a time"] = 20

    def __post_init__(self) -> None:
        Cache(self.cache_window, self.cache_theta, self.cache_lambda)
        Adapt(self.adapt_rate, self.adapt_decay, self.adapt_segment)

    @property
    def caches(self) -> tuple[Cache, ...]:
        """The cache, if there shall be one."""
        one = Cache(self.cache_window, self.cache_theta, self.cache_lambda)
        return (one,) if self.cache else ()

    @property
    def adapts(self) -> tuple[Adapt, ...]:
        """How to adapt, if that shall be."""
        one = Adapt(self.adapt_rate, self.adapt_decay, self.adapt_segment)
        return (one,) if self.adapt else ()
