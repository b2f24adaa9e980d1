"""The cells in torch, one step at a time, and a layer of the cells that torch.nn lacks."""

from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from rnnrepl.rnn.config import GATES, HARD_SLOPE, NetworkConfig


class Recurrence(NamedTuple):
    """The recurrent weights of a layer: U (GH, H) and b' (GH,), as in torch.nn."""

    weight: Tensor
    bias: Tensor


class Step(NamedTuple):
    """One time step of a cell: h, c (empty but for LSTM), and the gates, each (n, H)."""

    h: Tensor
    c: Tensor
    gates: tuple[Tensor, ...] = ()


Held = tuple[Tensor | None, Tensor | None]  # a clamp of h and of c, NaN where free


def step(
    config: NetworkConfig,
    recurrence: Recurrence,
    z: Tensor,
    h: Tensor,
    c: Tensor,
    held: Held = (None, None),
) -> Step:
    """One time step from the input's product z (n, GH), h and c, as torch.nn documents the cells.

    `NetworkConfig` says how hard gates and a GRU that resets first differ.
    """
    held_h, held_c = held
    sigmoid = _hard_sigmoid if config.hard_gates else torch.sigmoid
    r = functional.linear(h, *recurrence)
    if config.cell == "lstm":
        i, f, g, o = (z + r).chunk(4, -1)
        i, f, g, o = sigmoid(i), sigmoid(f), g.tanh(), sigmoid(o)
        c = _hold(f * c + i * g, held_c)
        return Step(_hold(o * c.tanh(), held_h), c, (i, f, g, o))
    if config.cell == "gru":
        (z_r, z_z, z_n), (r_r, r_z, r_n) = z.chunk(3, -1), r.chunk(3, -1)
        reset, update = sigmoid(z_r + r_r), sigmoid(z_z + r_z)
        if config.reset_first:
            weight, bias = (part.chunk(3)[2] for part in recurrence)
            n = (z_n + functional.linear(reset * h, weight, bias)).tanh()
        else:
            n = (z_n + reset * r_n).tanh()
        return Step(_hold((1 - update) * n + update * h, held_h), c, (reset, update, n))
    h = (z + r).tanh() if config.cell == "rnn" else (z + r).relu()
    return Step(_hold(h, held_h), c)


def _hold(values: Tensor, held: Tensor | None) -> Tensor:
    return values if held is None else torch.where(held.isnan(), values, held)


def _hard_sigmoid(x: Tensor) -> Tensor:
    return (HARD_SLOPE * x + 0.5).clamp(0, 1)


class SteppedLayer(nn.Module):
    """A recurrent layer that runs `step`, with the interface and parameters of torch.nn."""

    def __init__(self, config: NetworkConfig, inputs: int, hidden: int) -> None:
        super().__init__()
        self._config = config
        rows, bound = GATES[config.cell] * hidden, hidden**-0.5
        shapes = {"weight_ih_l0": (rows, inputs), "weight_hh_l0": (rows, hidden)}
        for name, shape in {**shapes, "bias_ih_l0": (rows,), "bias_hh_l0": (rows,)}.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape).uniform_(-bound, bound)))

    def forward(self, x: Tensor | PackedSequence, state: Any) -> tuple[Any, Any]:
        """Reads x (T, B, in), or packed, from h, or (h, c), each (1, B, H)."""
        if not isinstance(x, PackedSequence):
            counts = torch.full((len(x),), x.shape[1])
            read, after = self(PackedSequence(x.flatten(0, 1), counts), state)
            return read.data.view(*x.shape[:2], -1), after
        weights = dict(self.named_parameters())
        recurrence = Recurrence(weights["weight_hh_l0"], weights["bias_hh_l0"])
        z = functional.linear(x.data, weights["weight_ih_l0"], weights["bias_ih_l0"])
        is_pair = isinstance(state, tuple)
        h, c = (part[0] for part in (state if is_pair else (state, state[..., :0])))
        outputs = []
        for start, end in pairwise(accumulate(x.batch_sizes.tolist(), initial=0)):
            n = end - start
            new = step(self._config, recurrence, z[start:end], h[:n], c[:n])
            h, c = torch.cat([new.h, h[n:]]), torch.cat([new.c, c[n:]])
            outputs.append(new.h)
        after = (h[None], c[None]) if is_pair else h[None]
        return PackedSequence(torch.cat(outputs), x.batch_sizes), after
