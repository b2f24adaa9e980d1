"""Drawing the next token: temperature, truncation, the draw, and one draw after another.

Knows ids, not text. All log-probabilities are natural.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Annotated

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.rnn.network import Context, Floats, Network


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is drawn from the model's distribution.

    The order is: UNK refused, temperature, top-k, top-p (nucleus, Holtzman et al. 2020), min-p
    (Nguyen et al. 2024). Raises RnnreplError for a value that makes no distribution.
    """

    temperature: Annotated[float, "divides the logits; 0 always takes the likeliest token"] = 0.8
    top_k: Annotated[int, "keep the K likeliest tokens; 0 keeps all"] = 0
    top_p: Annotated[float, "keep the likeliest tokens that together reach P; 1 keeps all"] = 1.0
    min_p: Annotated[float, "keep tokens at least P times as likely as the likeliest"] = 0.0
    allow_unk: Annotated[bool, "let the unknown token be drawn"] = False

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise usage(f"temperature is 0 or more, not {self.temperature}.")
        if self.top_k < 0:
            raise usage(f"top_k is 0 or more, not {self.top_k}.")
        if not 0 < self.top_p <= 1:
            raise usage(f"top_p is above 0 and at most 1, not {self.top_p}.")
        if not 0 <= self.min_p <= 1:
            raise usage(f"min_p is from 0 to 1, not {self.min_p}.")


SETTINGS = tuple(field.name for field in fields(Sampling))


@dataclass(frozen=True, slots=True)
class Draw:
    """A drawn id, its log-probability under the model and under the truncated distribution."""

    id: int
    logprob: float
    sampled_logprob: float


def draws(
    network: Network,
    context: Context,
    sampling: Sampling,
    random: np.random.Generator,
    refused: Sequence[int] = (),
) -> Iterator[tuple[Draw, Context]]:
    """Draws without end, each with the context after it. `refused` ids are never drawn."""
    barred = list(refused)
    while True:
        logits, state = network.step(context.id, context.state)
        drawn = draw(logits, sampling, random, barred)
        context = Context(state, drawn.id)
        yield drawn, context


def draw(
    logits: Floats, sampling: Sampling, random: np.random.Generator, refused: list[int]
) -> Draw:
    """Draws one id from logits (V,), by inverting the cumulative distribution.

    One uniform number is used for each draw, greedy or not, so a seed means the same everywhere.
    """
    uniform = random.random()
    logits = logits - logits.max()
    exp = np.exp(logits)
    log_z = float(np.log(exp.sum()))
    if refused:
        exp[refused] = 0
    weights = _truncated(logits, exp, sampling, refused)
    cumulative = weights.cumsum(dtype=np.float64)
    total = float(cumulative[-1])
    # The last id that has any weight, should the uniform number round up to the very end.
    id = int(cumulative.searchsorted(uniform * total, "right"))
    if id == len(cumulative):
        id = int(weights.nonzero()[0][-1])
    chance = float(np.log(weights[id] / total))
    return Draw(id, float(logits[id]) - log_z, chance)


def _truncated(logits: Floats, exp: Floats, sampling: Sampling, refused: list[int]) -> Floats:
    """The weights (V,), not normalised, that temperature and truncation leave."""
    if sampling.temperature == 0:
        weights = np.zeros_like(exp)
        weights[exp.argmax()] = 1
        return weights
    if sampling.temperature == 1:
        weights = exp
    else:
        weights = np.exp((logits - float(logits[exp.argmax()])) / sampling.temperature)
        if refused:
            weights[refused] = 0
    if 0 < sampling.top_k < len(weights):
        weights = _only(weights, _ranked(weights)[: sampling.top_k])
    if sampling.top_p < 1:
        order = _ranked(weights)
        mass = weights[order].cumsum(dtype=np.float64)
        weights = _only(weights, order[: int(mass.searchsorted(sampling.top_p * mass[-1])) + 1])
    if sampling.min_p > 0:
        weights = np.where(weights >= sampling.min_p * weights.max(), weights, 0)
    return weights


def _ranked(weights: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Ids, likeliest first; of equals the lower id first, so that top-k keeps exactly k."""
    return np.argsort(-weights, kind="stable")


def _only(weights: Floats, ids: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    kept = np.zeros_like(weights)
    kept[ids] = weights[ids]
    return kept
