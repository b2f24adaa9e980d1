"""The loss on the validation text, with the state carried through it.

Shapes: T time steps, B segments of the text, N tokens.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnrepl.rnn.torch_network import RNN
from rnnrepl.training.data.encode import Tokens

WARM_UP = 256  # unscored tokens that each segment reads before its own
MAX_LOGITS = 1 << 22  # per block


@torch.inference_mode()
def total_nats(module: RNN, ids: Tokens, segments: int = 1) -> float:
    """-ln P(ids) for ids (N,), each token predicted once; the module's mode is restored.

    With several segments, the text is read at several positions in parallel, each after the tokens
    before it as a warm-up: much faster, with a difference in the fourth decimal at most.
    """
    training, device = module.training, module.decoder.bias.device
    module.eval()
    length = -(-len(ids) // segments)
    firsts = np.arange(segments) * length
    size = max(1, min(256, MAX_LOGITS // (segments * module.config.vocabulary)))
    state, total = module.initial(segments), 0.0
    if segments > 1:
        before = firsts + np.arange(-WARM_UP, 0)[:, None]
        inputs = _inputs(ids, before.clip(0), module.config.start).to(device)
        state = torch.cat([module.initial(1), module(inputs, state)[1][1:]])
    for t in range(0, length, size):
        positions = firsts + np.arange(t, min(t + size, length))[:, None]
        counted = torch.from_numpy(positions < len(ids)).flatten().to(device)
        positions = positions.clip(max=len(ids) - 1)
        hidden, state = module(_inputs(ids, positions, module.config.start).to(device), state)
        logits = module.decoder(hidden).flatten(0, 1).float()
        targets = torch.from_numpy(ids[positions].astype(np.int64)).flatten().to(device)
        nats = functional.cross_entropy(logits, targets, reduction="none")
        total += float((nats * counted).sum())
    module.train(training)
    return total


def _inputs(ids: Tokens, positions: npt.NDArray[np.int64], start: int) -> Tensor:
    """The inputs from which the tokens at these positions (T, B) are predicted: (T, B)."""
    return torch.from_numpy(np.where(positions == 0, start, ids[positions - 1].astype(np.int64)))
