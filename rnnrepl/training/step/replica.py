"""A worker's copy of the network: the forward and backward pass of some rows of a batch.

Shapes: T time steps, B rows, S width of the flat state.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from rnnrepl.rnn.torch_network import RNN
from rnnrepl.training.step.chunked_softmax import mean_nats
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

    def share(self, weights: Mapping[str, Tensor]) -> None:
        """Replaces the weights by others, which are then the same memory."""
        for name, weight in self.weights.items():
            weight.data = weights[name].data

    def backward(
        self,
        inputs: Tensor,
        targets: Tensor,
        carried: Tensor,
        total: int,
        at_once: int,
        candidates: Candidates | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Sets the gradients from inputs and targets (T, B) and the states (B, S) before them.

        The loss is the sum of the rows' mean losses, divided by `total` rows. Its gradients are
        accumulated over parts of `at_once` rows. Returns the loss and the states after the chunk.

        With `candidates` the targets are indices among them, and replace theirs.
        """
        self.module.zero_grad()
        losses, states = [], []
        chunk = torch.split(inputs, at_once, 1), torch.split(targets, at_once, 1)
        parts = *chunk, torch.split(carried, at_once)
        for part_inputs, part_targets, before in zip(*parts, strict=True):
            with torch.enable_grad():  # Ctrl-C at the end of a no_grad block would leave that on
                loss, after = self._forward(part_inputs, part_targets, before, candidates)
                loss = loss * (len(before) / total)
            torch.autograd.backward(loss)
            losses.append(loss.detach())
            states.append(after.detach())
        return torch.stack(losses).sum(), torch.cat(states)

    def seed(self, seed: int) -> None:
        """Determines the random numbers of the next step: dropout and sampled words."""
        self._generator.manual_seed(seed)

    def autocast(self) -> AbstractContextManager[object]:
        """Context manager for matrix products in the precision of the run."""
        if self._precision is torch.float32:
            return nullcontext()
        return torch.autocast(self._device.type, self._precision)

    def _forward(
        self, inputs: Tensor, targets: Tensor, carried: Tensor, candidates: Candidates | None
    ) -> tuple[Tensor, Tensor]:
        starts = (inputs[0] == self.module.config.start)[:, None]
        state = torch.where(starts, self.module.initial(len(carried)), carried)
        with self.autocast():
            hidden, after = self.module(inputs, state)
        predictions = hidden.flatten(0, 1), self.module.decoder, targets.flatten()
        if candidates:
            candidates = candidates._replace(targets=predictions[2])
        return mean_nats(*predictions, self._precision, candidates), after
