"""Drawing the next token: temperature, truncation, the draw, and one draw after another.

Knows ids, not text. All log-probabilities are natural.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnnrepl.rnn.network import Context, Floats, Network
from rnnrepl.sampling import Sampling


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
