"""Drawing the next token: temperature, truncation, the draw, and one draw after another.

Knows ids, not text. All log-probabilities are natural.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnnrepl.rnn.network import Context, Floats, Network
from rnnrepl.sampling import Sampling

GREEDY = 1e-6  # below this temperature nothing but the likeliest token has any weight


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
    uniform = 1 - random.random()  # in (0, 1], so that no id without weight is ever hit
    logits = logits - logits.max()
    log_z = float(np.log(np.exp(logits).sum()))
    weights = _truncated(logits, sampling, refused)
    cumulative = weights.cumsum(dtype=np.float64)
    total = float(cumulative[-1])
    id = int(cumulative.searchsorted(uniform * total))
    chance = float(np.log(weights[id] / total))
    return Draw(id, float(logits[id]) - log_z, chance)


def _truncated(logits: Floats, sampling: Sampling, refused: list[int]) -> Floats:
    """The weights (V,), the greatest of them 1, that temperature and truncation leave."""
    if refused:
        logits = logits.copy()
        logits[refused] = -np.inf
    best = int(logits.argmax())
    if sampling.temperature < GREEDY:
        return _only(np.ones_like(logits), np.array([best]))
    # Shifted again: what was refused may have been far likelier than all that is left.
    weights: Floats = np.exp((logits - logits[best]) * (1 / sampling.temperature))
    if 0 < sampling.top_k < len(weights):
        weights = _only(weights, _ranked(weights)[: sampling.top_k])
    if sampling.top_p < 1:
        order = _ranked(weights)
        mass = weights[order].cumsum(dtype=np.float64)
        weights = _only(weights, order[: int(mass.searchsorted(sampling.top_p * mass[-1])) + 1])
    if sampling.min_p > 0:
        weights[weights < sampling.min_p] = 0
    return weights


def _ranked(weights: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Ids, likeliest first; of equals the lower id first, so that top-k keeps exactly k."""
    return np.argsort(-weights, kind="stable")


def _only(weights: Floats, ids: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    kept = np.zeros_like(weights)
    kept[ids] = weights[ids]
    return kept
