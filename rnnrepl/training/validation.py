"""How well a network predicts the validation text, the state carried through it.

Shapes: T time steps, B parts of the text.
"""

import torch
from torch.nn import functional

from rnnrepl.rnn.torch_network import RNN
from rnnrepl.tokenizer import Ids

WARM_UP = 256  # tokens that a part reads, unscored, before its own
NUMBERS = 1 << 22  # in one block of logits


@torch.inference_mode()
def total_nats(module: RNN, ids: Ids, parts: int = 1) -> float:
    """-ln P(ids), each token predicted once from all before it; leaves the module as it was.

    With more parts than one the text is read at as many places at once, each from a state that has
    just read the tokens before it: much faster, and different in the fourth decimal at most.
    """
    training, device = module.training, module.decoder.bias.device
    module.eval()
    row = torch.cat([torch.tensor([module.config.start]), torch.from_numpy(ids).long()]).to(device)
    length = -(-len(ids) // parts)
    firsts = torch.arange(parts, device=device) * length
    size = max(1, min(256, NUMBERS // (parts * module.config.vocabulary)))
    state, total = module.initial(parts), 0.0
    if parts > 1:
        before = firsts + torch.arange(-WARM_UP, 0, device=device)[:, None]
        state = torch.cat([module.initial(1), module(row[before.clamp(0)], state)[1][1:]])
    for t in range(0, length, size):
        places = firsts + torch.arange(t, min(t + size, length), device=device)[:, None]
        counted = (places < len(ids)).flatten()
        places = places.clamp(max=len(ids) - 1)
        hidden, state = module(row[places], state)
        logits = module.decoder(hidden).flatten(0, 1).float()
        nats = functional.cross_entropy(logits, row[places + 1].flatten(), reduction="none")
        total += float((nats * counted).sum())
    module.train(training)
    return total
