"""Draws the next token from the logits that the sampler chain leaves.

Works on ids, not on text. Log-probabilities are in nats.
"""

from collections.abc import Collection, Iterator
from functools import cache
from math import log
from typing import NamedTuple

import numpy as np

from rnnrepl.rnn.network import Context, Floats, Ids, Network
from rnnrepl.rnn.step_threads import StepThreads
from rnnrepl.sampling.chain import SamplerChain, SamplerState, SamplerStates


class Draw(NamedTuple):
    """A drawn id, its log-probability under the model and after the samplers, in nats."""

    id: int
    logprob: float
    sampled_logprob: float


def draws(
    network: Network, context: Context, chain: SamplerChain, state: SamplerState
) -> Iterator[tuple[Draw, Context]]:
    """Yields draws without end, each with the context after it."""
    with StepThreads(network) as threads:
        while True:
            threads.choose()
            logits, hidden = network.step(context.checked_id, context.state)
            drawn = draw(logits, chain, state)
            chain.accept(state, drawn.id)
            context = Context(hidden, drawn.id)
            yield drawn, context


def draw(logits: Floats, chain: SamplerChain, state: SamplerState) -> Draw:
    """Draws one id from logits (V,), by inverting the cumulative distribution.

    Every draw, also a greedy one, consumes one uniform number (XTC one more), so that a seed gives
    the same numbers with all settings.
    """
    uniform = 1 - state.random.random()  # in (0, 1], so that no id of weight 0 is drawn
    weights = _weights(chain(logits, (state,)))
    return _inverted(uniform, logits, weights, _log_z(logits))


def candidates(
    logits: Floats, chain: SamplerChain, state: SamplerState, refused: Collection[int] = ()
) -> Iterator[Draw]:
    """Draws without replacement until the chain leaves no id; the first draw is that of `draw`.

    Ids in `refused` are never drawn. The others are ordered by x / p, with x from an exponential
    distribution, which equals repeated draws from the remaining ids (Efraimidis and Spirakis 2006).
    """
    uniform = 1 - state.random.random()
    kept = chain(_without(logits, refused) if refused else logits, (state,))
    weights, log_z = _weights(kept), _log_z(logits)
    first = _inverted(uniform, logits, weights, log_z)
    yield first
    ids = np.flatnonzero(weights)
    ids = ids[ids != first.id]
    keys = state.random.standard_exponential(len(ids)) / weights[ids]
    total = weights.sum()
    for id in ids[keys.argsort()].tolist():
        yield Draw(id, float(logits[id]) - log_z, log(weights[id] / total))


# On a short row numpy's call overhead exceeds the arithmetic: there `argmax`, `item` and a product
# with ones are several times faster than `max` and `sum`, and `accumulate` than `cumsum`.


def _weights(kept: Floats) -> Floats:
    """The weights (V,) of the remaining logits in float64, scaled to a maximum of 1."""
    weights: Floats = np.exp(kept - kept[kept.argmax()]).astype(np.float64)
    return weights


def _log_z(logits: Floats) -> float:
    """The logarithm of the denominator of the softmax."""
    best = logits[logits.argmax()]
    return float(best) + log(np.exp(logits - best).dot(_ones(len(logits))))


@cache
def _ones(count: int) -> Floats:
    return np.ones(count, np.float32)


def _inverted(uniform: float, logits: Floats, weights: Floats, log_z: float) -> Draw:
    """The id at which the cumulative distribution reaches the uniform number."""
    cumulative = np.add.accumulate(weights)
    total = cumulative.item(-1)
    id = int(cumulative.searchsorted(uniform * total))
    return Draw(id, logits.item(id) - log_z, log(weights.item(id) / total))


def _without(logits: Floats, refused: Collection[int]) -> Floats:
    logits = logits.copy()
    logits[list(refused)] = -np.inf
    return logits


def draw_each(
    logits: Floats, chain: SamplerChain, states: SamplerStates
) -> tuple[Ids, Floats, Floats]:
    """Draws one id a row of logits (B, V): ids, logprobs and sampled logprobs, each (B,)."""
    uniform = 1 - np.array([state.random.random() for state in states])
    kept = chain(logits, states)
    weights = np.exp(kept - kept.max(-1, keepdims=True))
    cumulative = weights.cumsum(-1, dtype=np.float64)
    total = cumulative[:, -1]
    ids = (cumulative >= (uniform * total)[:, None]).argmax(-1)
    rows = np.arange(len(ids))
    best = logits.max(-1)
    log_z = best + np.log(np.exp(logits - best[:, None]).sum(-1))
    return ids, logits[rows, ids] - log_z, np.log(weights[rows, ids] / total)
