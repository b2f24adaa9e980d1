"""The torch module, for training and for accelerators.

Shapes: T time steps, B texts, V vocabulary, D width of the softmax input, S flat state. Tensors are
time-first, as in torch.nn.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from reprlib import repr as shown

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnrepl.errors import usage
from rnnrepl.rnn import signals
from rnnrepl.rnn.config import Activation, Cell, NetworkConfig
from rnnrepl.rnn.network import Floats, Ids, check_range
from rnnrepl.rnn.torch_cells import SteppedLayer

# From (input width, hidden size) to a cell of torch.nn.
_CELLS: dict[Cell, Callable[[int, int], nn.Module]] = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "rnn": nn.RNN,
    "relu": partial(nn.RNN, nonlinearity="relu"),
}

_ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "tanh": torch.tanh,
    "relu": torch.relu,
}

_Carried = Tensor | tuple[Tensor, Tensor]  # h, or (h, c), of one layer

TYPES = ("cpu", "cuda", "mps", "xpu")  # of devices; torch has others that hold no numbers, as meta


class VariationalDropout(nn.Module):
    """One mask for all steps of (T, B, width): Gal and Ghahramani, 2016, arXiv:1512.05287."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._kept = 1 - share
        self.generator: torch.Generator | None = None  # None: torch's global one

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self._kept == 1:
            return x
        mask = torch.empty_like(x[:1]).bernoulli_(self._kept, generator=self.generator)
        return x * mask.div_(self._kept)


class RNN(nn.Module):
    """A differentiable network with the architecture of a `NetworkConfig`.

    Initial weights are drawn from torch's global generator. `dropout` is the probability with which
    inputs of each layer and of the softmax are dropped in training. It is applied after the
    LayerNorm; before it, the scale added by dropout in training would be missing in evaluation. It
    is not part of the config, since a trained network runs without it.
    """

    def __init__(self, config: NetworkConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.encoder = nn.Embedding(config.vocabulary, config.embed)
        cell, sizes = self._cell(), enumerate(config.hidden)
        self.layers = nn.ModuleList([cell(config.inputs(k), size) for k, size in sizes])
        read = [*map(config.inputs, range(config.layers)), config.hidden[-1]]
        normed = [config.norm] * config.layers + [config.final_norm]
        self.norms = nn.ModuleList(
            [
                nn.LayerNorm(n) if norm else nn.Identity()
                for n, norm in zip(read, normed, strict=True)
            ]
        )
        self.dropout = VariationalDropout(dropout)
        self.projection: nn.Module = nn.Identity()
        if config.projection is not None:
            self.projection = nn.Linear(config.hidden[-1], config.projection)
        self.activation = _ACTIVATIONS[config.activation]
        self.decoder = nn.Linear(config.output, config.vocabulary)
        if config.tied:
            self.decoder.weight = self.encoder.weight
        self.start = nn.Parameter(torch.zeros(config.state), config.initial == "learnt")
        self._draw()

    def _cell(self) -> Callable[[int, int], nn.Module]:
        """From (input width, hidden size) to a recurrent layer."""
        plain = self.config.plain_cells
        return _CELLS[self.config.cell] if plain else partial(SteppedLayer, self.config)

    def _draw(self) -> None:
        """Initialises the weights for which torch's defaults do not suit language models."""
        nn.init.normal_(self.encoder.weight, std=self.config.embed**-0.5)
        nn.init.zeros_(self.decoder.bias)
        if self.config.cell == "lstm":
            for name, parameter in self.layers.named_parameters():
                if name.endswith("bias_ih_l0"):
                    # Forget gates start open (Jozefowicz et al., 2015).
                    nn.init.ones_(parameter.detach().chunk(4)[1])

    def weights(self) -> dict[str, nn.Parameter]:
        """Returns every weight by its name in `NetworkConfig.shapes`."""
        parameters = dict(self.named_parameters())
        return {name: parameters[_inside(name, self.config)] for name in self.config.shapes()}

    def load(self, weights: Mapping[str, Floats]) -> None:
        """Copies the values of arrays named and shaped as in `NetworkConfig.shapes`."""
        with torch.no_grad():
            for name, parameter in self.weights().items():
                parameter.copy_(torch.from_numpy(np.ascontiguousarray(weights[name])))

    def arrays(self) -> dict[str, Floats]:
        """Returns copies of the weights as float32 arrays."""
        return {
            name: parameter.detach().to("cpu", torch.float32, copy=True).numpy()
            for name, parameter in self.weights().items()
        }

    def initial(self, texts: int) -> Tensor:
        """Returns a<0> for a batch: (B, S)."""
        return self.start.expand(texts, -1)

    def forward(
        self, ids: Tensor, state: Tensor, counts: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Reads ids (T, B) from states (B, S); returns softmax inputs (T, B, D) and new states.

        With counts (T,), ids (N,) and softmax inputs (N, D) are packed as in `Network.forward`.
        """
        before, after = self.split(state), []
        x = self.embed(ids)
        for k, layer in enumerate(self.layers):
            read = self.dropout(self.norms[k](x))
            y, new = layer(read if counts is None else PackedSequence(read, counts), before[k])
            y = y if counts is None else y.data
            x = x + y if self.config.residual(k) else y
            after.append(new)
        return self.output(x), self.join(after)

    def output(self, x: Tensor) -> Tensor:
        """Returns what the softmax reads, from the output of the last layer."""
        return self.activation(self.projection(self.dropout(self.norms[-1](x))))

    def embed(self, ids: Tensor) -> Tensor:
        """Returns the embeddings of ids; x<1> = 0 for the id `config.start`."""
        known = ids != self.config.start
        vectors: Tensor = self.encoder(torch.where(known, ids, 0))
        return vectors * known.unsqueeze(-1)

    def split(self, state: Tensor) -> list[_Carried]:
        """Splits the flat state into h, or (h, c), of each layer, (1, B, H)."""
        config = self.config
        widths = [*config.hidden] * (2 if config.cell == "lstm" else 1)
        parts = [part.contiguous() for part in torch.split(state.unsqueeze(0), widths, dim=-1)]
        if config.cell != "lstm":
            return [*parts]
        return [*zip(parts[: config.layers], parts[config.layers :], strict=True)]

    def join(self, states: list[_Carried]) -> Tensor:
        """Returns the flat state of the states of all cells."""
        pairs = [state if isinstance(state, tuple) else (state,) for state in states]
        parts = [part for kind in zip(*pairs, strict=True) for part in kind]
        return torch.cat(parts, dim=-1).squeeze(0).float()


def _inside(name: str, config: NetworkConfig) -> str:
    """Converts a weight's name in a checkpoint to its name in the module."""
    first, _, rest = name.partition(".")
    if not rest:
        return "start"
    kind, _, layer = rest.partition("_l")
    if first == "rnn":
        return f"layers.{layer}.{kind}_l0"
    if first == "norm":
        return f"norms.{layer or config.layers}.{kind}"
    return name


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
        from rnnrepl.rnn.torch_stepwise import read

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
