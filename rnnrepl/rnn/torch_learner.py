"""A network that learns from what it reads, in a copy of its own: dynamic evaluation on torch.

Shapes: T tokens, V vocabulary, D the width the softmax reads, S the flat state.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats, Ids
from rnnrepl.rnn.torch_network import RNN, choose_device


class Learner:
    """A copy of a network's weights theta_0, in float32, that one step a segment moves:

    theta <- theta - rate dL/dtheta + decay (theta_0 - theta), L the mean of -ln P over the segment.
    """

    def __init__(
        self,
        config: NetworkConfig,
        weights: Mapping[str, Floats],
        device: str,
        rate: float,
        decay: float,
    ) -> None:
        self._module = RNN(config)
        self._module.load(weights)
        self._device = choose_device(device)
        # Not train(): there is no dropout here. cuDNN alone would ask for it.
        self._module.to(self._device).eval()
        self._rate, self._decay = rate, decay
        self._weights = [one for one in self._module.parameters() if one.requires_grad]
        self._own = [one.detach().clone() for one in self._weights]

    @torch.no_grad()
    def forget(self) -> None:
        """Back to theta_0."""
        for weight, own in zip(self._weights, self._own, strict=True):
            weight.copy_(own)

    def learn(self, ids: Ids, targets: Ids, state: Floats) -> tuple[Floats, Floats, Floats]:
        """Reads ids (T,) from a state (S,), and learns that targets (T,) follow them.

        What the softmax reads (T, D), the logits (T, V) and the new state (S,) are those before.
        """
        inputs = self._in(ids.astype(np.int64)).unsqueeze(1)
        with torch.backends.cudnn.flags(enabled=False):  # it learns in train() only
            hidden, after = self._module(inputs, self._in(state.astype(np.float32))[None])
            logits = self._module.decoder(hidden[:, 0])
            loss = nn.functional.cross_entropy(logits, self._in(targets.astype(np.int64)))
            gradients = torch.autograd.grad(loss, self._weights, allow_unused=True)
        self._step(gradients)
        return self._out(hidden[:, 0]), self._out(logits), self._out(after[0])

    @torch.no_grad()
    def _step(self, gradients: tuple[Tensor | None, ...]) -> None:
        for weight, own, gradient in zip(self._weights, self._own, gradients, strict=True):
            if gradient is not None:
                weight.lerp_(own, self._decay)
                weight.sub_(gradient, alpha=self._rate)

    def _in(self, array: Floats | Ids) -> Tensor:
        return torch.tensor(array, device=self._device)

    def _out(self, tensor: Tensor) -> Floats:
        array: Floats = tensor.detach().cpu().numpy()
        return array
