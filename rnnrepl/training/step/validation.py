"""How well a network predicts the validation text, the state carried through it.

Shapes: T time steps, B parts of the text.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnrepl.rnn.torch_network import RNN
from rnnrepl.training.data.encode import Tokens

WARM_UP = 256  # tokens that a part reads, unscored, before its own
NUMBERS = 1 << 22  # in one block of logits


@torch.inference_mode()
def total_nats(module: RNN, ids: Tokens, parts: int = 1) -> float:
    """-ln P(ids), each token predicted once from all before it; leaves the module as it was.

    With more parts than one the text is read at as many places at once, each from a state that has
    just read the tokens before it: much faster, and different in the fourth decimal at most.
    """
    training, device = module.training, module.decoder.bias.device
    module.eval()
    length = -(-len(ids) // parts)
    firsts = np.arange(parts) * length
    size = max(1, min(256, NUMBERS // (parts * module.config.vocabulary)))
    state, total = module.initial(parts), 0.0
    if parts > 1:
        before = firsts + np.arange(-WARM_UP, 0)[:, None]
        read = _inputs(ids, before.clip(0), module.config.start).to(device)
        state = torch.cat([module.initial(1), module(read, state)[1][1:]])
    for t in range(0, length, size):
        places = firsts + np.arange(t, min(t + size, length))[:, None]
        counted = torch.from_numpy(places < len(ids)).flatten().to(device)
        places = places.clip(max=len(ids) - 1)
        hidden, state = module(_inputs(ids, places, module.config.start).to(device), state)
        logits = module.decoder(hidden).flatten(0, 1).float()
        expected = torch.from_numpy(ids[places].astype(np.int64)).flatten().to(device)
        nats = functional.cross_entropy(logits, expected, reduction="none")
        total += float((nats * counted).sum())
    module.train(training)
    return total


def _inputs(ids: Tokens, places: npt.NDArray[np.int64], start: int) -> Tensor:
    """What is read to predict the tokens at these places (T, B)."""
    return torch.from_numpy(np.where(places == 0, start, ids[places - 1].astype(np.int64)))
