"""The torch module of a network.

Shapes: T time steps, B texts, V vocabulary, D width of the softmax input, S flat state. Tensors are
time-first, as in torch.nn.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnrepl.rnn.config import Activation, Cell, NetworkConfig
from rnnrepl.rnn.network import Floats
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
