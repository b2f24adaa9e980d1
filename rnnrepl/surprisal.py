"""How likely ids are: surprisal, rank and entropy at each place. Knows no text and no screen.

Shapes: T tokens, V vocabulary. All surprisals are in nats, in float64.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.network import Context, Floats, Ids, Network

Float64s = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

# Tokens read in one go, and numbers in one block of logits: they bound the memory, whatever the
# text's length and the vocabulary's size.
CHUNK = 1024
BLOCK = 1 << 21


@dataclass(frozen=True, slots=True)
class Measures:
    """What a model thinks of some tokens: `nats` -ln P, `rank` from 1, `entropy`; each (T,).

    `top_ids` and `top_nats`, (T, K), are the likeliest tokens at each place, best first.
    """

    nats: Float64s
    rank: Integers
    entropy: Float64s
    top_ids: Integers
    top_nats: Float64s


def measure(
    network: Network, ids: Ids, context: Context, *, top: int = 0
) -> tuple[Measures, Context]:
    """Every measure of ids (T,) read from a context, and the context after them."""
    parts = [_measures(np.zeros((0, network.config.vocabulary)), ids[:0], top)]
    after = context
    for hidden, targets, after in _read(network, ids, context):  # noqa: B007 - the last one counts
        parts.append(_measures(network.logits(hidden), targets, top))
    columns = zip(*[(p.nats, p.rank, p.entropy, p.top_ids, p.top_nats) for p in parts], strict=True)
    return Measures(*map(np.concatenate, columns)), after


def surprisals(network: Network, ids: Ids, context: Context) -> tuple[Float64s, Context]:
    """-ln P of each of ids (T,) alone, which costs less than all the measures."""
    parts = [np.empty(0)]
    after = context
    for hidden, targets, after in _read(network, ids, context):  # noqa: B007 - the last one counts
        logits = network.logits(hidden)
        parts.append(_partition(logits)[0] - _at(logits, targets))
    return np.concatenate(parts), after


def read(network: Network, ids: Ids, context: Context) -> Context:
    """The context after ids (T,)."""
    if not len(ids):
        return context
    inputs = np.concatenate([[context.id], ids[:-1]])
    state = context.state
    for start in range(0, len(inputs), CHUNK):
        _, states = network.forward(inputs[None, start : start + CHUNK], state[None])
        state = states[0]
    return Context(state, int(ids[-1]))


def _read(network: Network, ids: Ids, context: Context) -> Iterator[tuple[Floats, Ids, Context]]:
    """What the softmax reads (N, D), the ids (N,) it shall predict, and the context after them."""
    size = max(1, min(CHUNK, BLOCK // network.config.vocabulary))
    for start in range(0, len(ids), size):
        targets = ids[start : start + size]
        inputs = np.concatenate([[context.id], targets[:-1]])
        hidden, state = network.forward(inputs[None], context.state[None])
        context = Context(state[0], int(targets[-1]))
        yield hidden[0], targets, context


def _measures(logits: Floats, targets: Ids, top: int) -> Measures:
    log_z, exp, z = _partition(logits)
    own = _at(logits, targets)
    # H = ln Z - sum p l. The logits are centred by _partition, so that the product stays exact.
    entropy = log_z - np.einsum("tv,tv->t", exp, logits, dtype=np.float64) / z
    ids = likeliest(logits, top)
    return Measures(
        log_z - own,
        1 + (logits > own[:, None]).sum(1),
        entropy,
        ids,
        log_z[:, None] - np.take_along_axis(logits, ids, 1),
    )


def _partition(logits: Floats) -> tuple[Float64s, Floats, Float64s]:
    """ln Z (T,), exp(logits) (T, V) and Z (T,) of logits, which are shifted in place to max 0."""
    logits -= logits.max(1, keepdims=True, initial=-np.inf)
    exp = np.exp(logits)
    z = exp.sum(1, dtype=np.float64)
    return np.log(z), exp, z


def _at(logits: Floats, targets: Ids) -> Float64s:
    return logits[np.arange(len(targets)), targets].astype(np.float64)


def likeliest(logits: Floats, count: int) -> Integers:
    """The ids of the `count` greatest logits (T, V) at each place, greatest first: (T, count)."""
    count = min(count, logits.shape[1])
    if not count:
        return np.empty((len(logits), 0), np.intp)
    ids = np.argpartition(-logits, count - 1, 1)[:, :count]
    order = np.argsort(-np.take_along_axis(logits, ids, 1), 1, kind="stable")
    return np.take_along_axis(ids, order, 1)
