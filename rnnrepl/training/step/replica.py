"""A worker's copy of the network: the forward and backward pass of some rows of a batch.

Shapes: T time steps, B rows, N = T * B predictions, V words of the softmax, S flat state.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from rnnrepl.rnn.torch_module import RNN
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

    def read(self, inputs: Tensor, carried: Tensor) -> tuple[Tensor, Tensor]:
        """Reads inputs (T, B) from the states (B, S) before them.

        Returns what the softmax reads (N, D), with its graph, and the states after the inputs. Rows
        that begin with the start token begin in the initial state.
        """
        starts = (inputs[0] == self.module.config.start)[:, None]
        after: Tensor
        with torch.enable_grad():  # Ctrl-C at the end of a no_grad block would leave that on
            state = torch.where(starts, self.module.initial(len(carried)), carried)
            with self.autocast():
                hidden, after = self.module(inputs, state)
            return hidden.flatten(0, 1), after.detach()

    def learn(
        self,
        hidden: Tensor,
        targets: Tensor,
        weight: float,
        candidates: Candidates | None = None,
        others: Sequence[tuple[Tensor, nn.Linear]] = (),
    ) -> Tensor:
        """Adds the gradients of the mean loss on targets (T, B), times `weight`; returns the loss.

        `hidden` is what `read` returned. The divergence from the predictions of `others`, the
        inputs and decoders of other networks, is added to what the gradients lower.
        """
        softmax = self.module.decoder, targets.flatten(), self._precision, candidates
        with torch.enable_grad():
            loss = mean_nats(hidden, *softmax, others) * weight
        torch.autograd.backward(loss)
        return loss.detach()

    def seed(self, seed: int) -> None:
        """Seeds the dropout masks of the next step."""
        self._generator.manual_seed(seed)

    def autocast(self) -> AbstractContextManager[object]:
        """Context manager for matrix products in the precision of the run."""
        if self._precision is torch.float32:
            return nullcontext()
        return torch.autocast(self._device.type, self._precision)
