"""The loss on the validation text, with the state carried through it.

Shapes: T time steps, B segments of the text, N tokens.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import fsum

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.data.encode import Tokens
from rnnrepl.training.step.workers import Workers

WARM_UP = 256  # unscored tokens that each segment reads before its own
MAX_LOGITS = 1 << 22  # per block


def total_nats(
    module: RNN,
    ids: Tokens,
    segments: int = 1,
    workers: Workers | None = None,
    context: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> float:
    """-ln P(ids) for ids (N,), each token predicted once; the module's mode is restored.

    With several segments, the text is read at several positions in parallel, each after the tokens
    before it as a warm-up: much faster, with a difference in the fourth decimal at most. `workers`
    share the segments, each in a `context`, such as that of a lower precision.
    """
    workers = workers or Workers(1, torch.get_num_threads())
    training, length = module.training, -(-len(ids) // segments)
    shares = np.array_split(np.arange(segments) * length, workers.count)

    @torch.inference_mode()
    def read(worker: int) -> float:
        with context():
            return _nats(module, ids, shares[worker], length) if len(shares[worker]) else 0.0

    module.eval()
    total = fsum(workers.run(read))
    module.train(training)
    return total


def _nats(module: RNN, ids: Tokens, firsts: npt.NDArray[np.int64], length: int) -> float:
    """The sum over segments of that length that begin at the positions `firsts` (B,)."""
    device, start = module.decoder.bias.device, module.config.start
    size = max(1, min(256, MAX_LOGITS // (len(firsts) * module.config.vocabulary)))
    state, total = module.initial(len(firsts)), 0.0
    if firsts[-1]:
        before = firsts + np.arange(-WARM_UP, 0)[:, None]
        inputs = _inputs(ids, before.clip(0), start).to(device)
        begins = torch.from_numpy(firsts == 0)[:, None].to(device)
        state = torch.where(begins, state, module(inputs, state)[1])
    for t in range(0, length, size):
        positions = firsts + np.arange(t, min(t + size, length))[:, None]
        counted = torch.from_numpy(positions < len(ids)).flatten().to(device)
        positions = positions.clip(max=len(ids) - 1)
        hidden, state = module(_inputs(ids, positions, start).to(device), state)
        logits = module.decoder(hidden).flatten(0, 1).float()
        targets = torch.from_numpy(ids[positions].astype(np.int64)).flatten().to(device)
        nats = functional.cross_entropy(logits, targets, reduction="none")
        total += float((nats * counted).sum())
    return total


def _inputs(ids: Tokens, positions: npt.NDArray[np.int64], start: int) -> Tensor:
    """The inputs from which the tokens at these positions (T, B) are predicted: (T, B)."""
    return torch.from_numpy(np.where(positions == 0, start, ids[positions - 1].astype(np.int64)))
