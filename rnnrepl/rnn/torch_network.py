"""A network on any torch device: the runtime for accelerators.

Shapes: T time steps, B texts, V vocabulary, D width of the softmax input, S flat state.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from reprlib import repr as shown

import numpy as np
import torch
from torch import Tensor

from rnnrepl.errors import usage
from rnnrepl.rnn import signals
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats, Ids, check_range
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.rnn.torch_stepwise import read

TYPES = ("cpu", "cuda", "mps", "xpu")  # of devices; torch has others that hold no numbers, as meta


class TorchNetwork:
    """A `Network` on any torch device, in float32; arguments and results are numpy arrays."""

    parallel = False

    def __init__(
        self, config: NetworkConfig, weights: Mapping[str, Floats], device: str = "cpu"
    ) -> None:
        self.config = config
        self._module = RNN(config)
        self._module.load(weights)
        self._device = choose_device(device)
        self._module.to(self._device).eval()

    @torch.inference_mode()
    def initial(self) -> Floats:
        return self._out(self._module.initial(1)[0]).copy()

    def step(self, id: int, state: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        logits, after = self.steps(np.array([id]), state[None], clamp)
        return logits[0], after[0]

    def steps(self, ids: Ids, states: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        hidden, after = self.forward(ids, [len(ids)], states, clamp)
        return self.logits(hidden), after

    @torch.inference_mode()
    def forward(
        self, ids: Ids, counts: Sequence[int], states: Floats, clamp: Floats | None = None
    ) -> tuple[Floats, Floats]:
        if clamp is not None:
            output, after, _ = self._read(ids, counts, states, clamp)
            return self._checked(output), self._checked(after)
        counted = torch.tensor(counts)  # on the CPU, as PackedSequence requires
        read = self._in(ids.astype(np.int64))
        hidden, after = self._module(read, self._in(states), counted)
        return self._checked(hidden), self._checked(after)

    @torch.inference_mode()
    def trace(
        self, ids: Ids, state: Floats, names: Iterable[str], clamp: Floats | None = None
    ) -> dict[str, Floats]:
        names = signals.checked(names, self.config)
        output, _, trace = self._read(ids, [1] * len(ids), state[None], clamp)
        self._checked(output)
        trace["output"] = output
        if "logits" in names:
            trace["logits"] = self._module.decoder(output)
        return {name: self._out(trace[name]) for name in names}

    def _read(
        self, ids: Ids, counts: Sequence[int], states: Floats, clamp: Floats | None
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        free = np.full(states.shape, np.nan) if clamp is None else clamp
        held = np.broadcast_to(free, states.shape).astype(np.float32)
        inputs = self._in(ids.astype(np.int64))
        return read(self._module, inputs, counts, self._in(states), self._in(held))

    def prepare(self, ids: Ids) -> None:
        pass

    @torch.inference_mode()
    def logits(self, hidden: Floats) -> Floats:
        return self._out(self._module.decoder(self._in(hidden)))

    def _in(self, array: Floats | Ids) -> Tensor:
        return torch.tensor(array, device=self._device)

    def _checked(self, tensor: Tensor) -> Floats:
        array = self._out(tensor)
        check_range(array)
        return array

    def _out(self, tensor: Tensor) -> Floats:
        array: Floats = tensor.cpu().numpy()
        return array


def choose_device(name: str) -> torch.device:
    """Returns the torch device of this name; `auto` prefers an accelerator.

    Raises RnnreplError for a device that is not available.
    """
    if name == "auto":
        accelerators = {"cuda": torch.cuda, "mps": torch.backends.mps}
        available = (key for key, module in accelerators.items() if module.is_available())
        name = next(available, "cpu")
    if name.partition(":")[0] in TYPES:
        with suppress(RuntimeError, AssertionError):  # torch raises them for what is not there
            device = torch.device(name)
            torch.zeros(1, device=device)
            return device
    raise usage(f"torch has no device {shown(name)} here: leave out `device` or use `device` cpu.")
