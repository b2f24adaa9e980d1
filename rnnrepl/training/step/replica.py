"""A worker's copy of the network: the forward and backward pass of some rows of a batch.

Shapes: T time steps, B rows, N = T * B predictions, V words of the softmax, S flat state.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from rnnrepl.rnn.torch_network import RNN
from rnnrepl.training.step.chunked_softmax import mean_nats, probabilities
from rnnrepl.training.step.sampled_softmax import Candidates


class Replica:
    """Its weights may be shared with other copies; gradients and random numbers are its own."""

    def __init__(self, module: RNN, precision: torch.dtype) -> None:
        self.module, self._precision = module, precision
        self._device = module.decoder.bias.device
        # Tensors without values, on the device "meta", have no generator of their own.
        self._generator = torch.Generator("cpu" if module.decoder.bias.is_meta else self._device)
        module.dropout.generator = self._generator
        self.weights = module.weights()
        self._hidden: Tensor  # what the softmax reads (N, D), with its graph

    def share(self, weights: Mapping[str, Tensor]) -> None:
        """Replaces the weights by others, which are then the same memory."""
        for name, weight in self.weights.items():
            weight.data = weights[name].data

    def read(self, inputs: Tensor, carried: Tensor) -> Tensor:
        """Reads inputs (T, B) from the states (B, S) before them; returns the states after them.

        Rows that begin with the start token begin in the initial state. What the softmax reads is
        kept for `predict` and `learn`.
        """
        starts = (inputs[0] == self.module.config.start)[:, None]
        after: Tensor
        with torch.enable_grad():  # Ctrl-C at the end of a no_grad block would leave that on
            state = torch.where(starts, self.module.initial(len(carried)), carried)
            with self.autocast():
                hidden, after = self.module(inputs, state)
            self._hidden = hidden.flatten(0, 1)
        return after.detach()

    @torch.no_grad()
    def predict(self, targets: Tensor, candidates: Candidates | None = None) -> Tensor:
        """The probabilities (N, V) of all words after what was read.

        With `candidates` those of the candidates; `targets` (T, B) are indices among them.
        """
        return probabilities(self._hidden, self.module.decoder, *self._softmax(targets, candidates))

    def learn(
        self,
        targets: Tensor,
        weight: float,
        candidates: Candidates | None = None,
        taught: Tensor | None = None,
    ) -> Tensor:
        """Adds the gradients of the mean loss on targets (T, B), times `weight`; returns the loss.

        The divergence from the probabilities `taught` (N, V), of other networks, is added to what
        the gradients lower.
        """
        with torch.enable_grad():
            settings = self._softmax(targets, candidates)
            loss = mean_nats(self._hidden, self.module.decoder, *settings, taught) * weight
        torch.autograd.backward(loss)
        del self._hidden
        return loss.detach()

    def seed(self, seed: int) -> None:
        """Determines the random numbers of the next step: dropout and sampled words."""
        self._generator.manual_seed(seed)

    def autocast(self) -> AbstractContextManager[object]:
        """Context manager for matrix products in the precision of the run."""
        if self._precision is torch.float32:
            return nullcontext()
        return torch.autocast(self._device.type, self._precision)

    def _softmax(
        self, targets: Tensor, candidates: Candidates | None
    ) -> tuple[Tensor, torch.dtype, Candidates | None]:
        flat = targets.flatten()
        return flat, self._precision, candidates and candidates._replace(targets=flat)
