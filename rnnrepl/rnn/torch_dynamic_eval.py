"""Dynamic evaluation on torch: gradient steps on a copy of a network's weights while it reads.

Shapes: T tokens, V vocabulary, D width of the softmax input, S flat state.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats, Ids
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.rnn.torch_network import choose_device


class DynamicEvaluator:
    """A float32 copy of a network's weights, updated after each segment.

    The update is that of Krause et al. (2018, arXiv:1709.07432) with plain gradient descent:

        theta <- theta - rate dL/dtheta + decay (theta_0 - theta)

    where L is the mean of -ln P over the segment and theta_0 are the original weights.
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
        # eval(), since there is no dropout; only cuDNN would require train() for gradients.
        self._module.to(self._device).eval()
        self._rate, self._decay = rate, decay
        self._weights = [w for w in self._module.parameters() if w.requires_grad]
        self._original = [weight.detach().clone() for weight in self._weights]

    @torch.no_grad()
    def reset(self) -> None:
        """Restores the original weights theta_0."""
        for weight, original in zip(self._weights, self._original, strict=True):
            weight.copy_(original)

    def arrays(self) -> dict[str, Floats]:
        """Returns copies of the current weights theta, by name, in float32."""
        return self._module.arrays()

    def update(self, ids: Ids, targets: Ids, state: Floats) -> tuple[Floats, Floats, Floats]:
        """Reads ids (T,) from a state (S,), then updates the weights to predict targets (T,).

        Returns the softmax inputs (T, D), the logits (T, V) and the new state (S,), all computed
        with the weights before the update.
        """
        inputs = self._in(ids.astype(np.int64)).unsqueeze(1)
        # cuDNN's backward pass requires train(). After Ctrl-C, torch.no_grad may still be on.
        with torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
            hidden, after = self._module(inputs, self._in(state.astype(np.float32))[None])
            logits = self._module.decoder(hidden[:, 0])
            loss = nn.functional.cross_entropy(logits, self._in(targets.astype(np.int64)))
            gradients = torch.autograd.grad(loss, self._weights, allow_unused=True)
        self._step(gradients)
        return self._out(hidden[:, 0]), self._out(logits), self._out(after[0])

    @torch.no_grad()
    def _step(self, gradients: tuple[Tensor | None, ...]) -> None:
        for weight, original, gradient in zip(
            self._weights, self._original, gradients, strict=True
        ):
            if gradient is not None:
                weight.lerp_(original, self._decay)
                weight.sub_(gradient, alpha=self._rate)

    def _in(self, array: Floats | Ids) -> Tensor:
        return torch.tensor(array, device=self._device)

    def _out(self, tensor: Tensor) -> Floats:
        array: Floats = tensor.detach().cpu().numpy()
        return array
