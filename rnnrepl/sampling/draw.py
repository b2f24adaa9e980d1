"""Drawing the next token: the samplers, the draw, and one draw after another.

Knows ids, not text. All log-probabilities are natural.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from math import log
from typing import NamedTuple

import numpy as np

from rnnrepl.rnn.network import Context, Floats, Ids, Network
from rnnrepl.sampling.chain import Chain, Trail


class Draw(NamedTuple):
    """A drawn id, its log-probability under the model and under what the samplers left."""

    id: int
    logprob: float
    sampled_logprob: float


def trail(seed: int | Sequence[int], ids: Sequence[int] = ()) -> Trail:
    """The beginning of a stream: its random numbers, and the ids that have been read."""
    return Trail(np.random.Generator(np.random.PCG64(seed)), list(ids))


def draws(
    network: Network, context: Context, chain: Chain, trail: Trail
) -> Iterator[tuple[Draw, Context]]:
    """Draws without end, each with the context after it."""
    while True:
        logits, state = network.step(context.id, context.state)
        drawn = draw(logits, chain, trail)
        chain.drawn(trail, drawn.id)
        context = Context(state, drawn.id)
        yield drawn, context


def draw(logits: Floats, chain: Chain, trail: Trail) -> Draw:
    """Draws one id from logits (V,), by inverting the cumulative distribution.

    One uniform number is used for each draw, greedy or not (XTC takes another), so a seed means
    the same everywhere.
    """
    uniform = 1 - trail.random.random()  # in (0, 1], so that no id without weight is ever hit
    weights = _weighed(chain(logits, (trail,)))
    return _inverted(uniform, logits, weights, _log_z(logits))


def candidates(
    logits: Floats, chain: Chain, trail: Trail, refused: Collection[int] = ()
) -> Iterator[Draw]:
    """Draws ids one after another, none twice, until the chain leaves none: the first is `draw`'s.

    None of those refused is among them. The others come in the order of x / p, x being drawn from
    an exponential distribution, which is that of drawing from what is left each time (Efraimidis
    and Spirakis 2006).
    """
    uniform = 1 - trail.random.random()
    kept = chain(_without(logits, refused) if refused else logits, (trail,))
    weights, log_z = _weighed(kept), _log_z(logits)
    first = _inverted(uniform, logits, weights, log_z)
    yield first
    ids = np.flatnonzero(weights)
    ids = ids[ids != first.id]
    keys = trail.random.standard_exponential(len(ids)) / weights[ids]
    total = weights.sum()
    for id in ids[keys.argsort()].tolist():
        yield Draw(id, float(logits[id]) - log_z, log(weights[id] / total))


# On a short row what surrounds the work costs more than the work: `argmax`, `item` and a product
# with ones are several times as fast there as `max` and `sum`, and `accumulate` as `cumsum`.


def _weighed(kept: Floats) -> Floats:
    """What is left (V,) as weights in float64, the greatest being 1."""
    weights: Floats = np.exp(kept - kept[kept.argmax()]).astype(np.float64)
    return weights


def _log_z(logits: Floats) -> float:
    """The logarithm of the softmax's denominator."""
    best = logits[logits.argmax()]
    return float(best) + log(np.exp(logits - best).dot(_ones(len(logits))))


@cache
def _ones(count: int) -> Floats:
    return np.ones(count, np.float32)


def _inverted(uniform: float, logits: Floats, weights: Floats, log_z: float) -> Draw:
    """Where the cumulative distribution reaches the uniform number."""
    cumulative = np.add.accumulate(weights)
    total = cumulative.item(-1)
    id = int(cumulative.searchsorted(uniform * total))
    return Draw(id, logits.item(id) - log_z, log(weights.item(id) / total))


def _without(logits: Floats, refused: Collection[int]) -> Floats:
    logits = logits.copy()
    logits[list(refused)] = -np.inf
    return logits


def draw_each(logits: Floats, chain: Chain, trails: Sequence[Trail]) -> tuple[Ids, Floats, Floats]:
    """What `draw` does, for each row of logits (B, V): ids, logprobs, sampled logprobs, (B,)."""
    uniform = 1 - np.array([trail.random.random() for trail in trails])
    kept = chain(logits, trails)
    weights = np.exp(kept - kept.max(-1, keepdims=True))
    cumulative = weights.cumsum(-1, dtype=np.float64)
    total = cumulative[:, -1]
    ids = (cumulative >= (uniform * total)[:, None]).argmax(-1)
    rows = np.arange(len(ids))
    best = logits.max(-1)
    log_z = best + np.log(np.exp(logits - best[:, None]).sum(-1))
    return ids, logits[rows, ids] - log_z, np.log(weights[rows, ids] / total)
