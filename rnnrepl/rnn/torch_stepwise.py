"""The torch module read step by step, with the formulas of its cells: for clamps and traces.

The cells of torch.nn neither return c and the gates of each time step nor let a unit be held.
Shapes: B texts, N packed tokens, H hidden, S flat state, D width of the softmax input.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.signals import GATE_NAMES
from rnnrepl.rnn.torch_network import RNN


class _Step(NamedTuple):
    """One time step of a cell: h, c (empty but for LSTM), and the gates, each (n, H)."""

    h: Tensor
    c: Tensor
    gates: tuple[Tensor, ...] = ()


def read(
    module: RNN, ids: Tensor, counts: Sequence[int], states: Tensor, clamp: Tensor
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Reads packed ids (N,) from states (B, S), with a clamp (B, S) that is NaN where free.

    Returns the softmax inputs (N, D), the new states (B, S), and a trace of all layers, each signal
    (N, width). Ids are packed as in `Network.forward`.
    """
    config = module.config
    trace: dict[str, Tensor] = {}
    new, x = states.clone(), module.embed(ids)
    offset, cells = 0, sum(config.hidden)
    for k, size in enumerate(config.hidden):
        at_h = slice(offset, offset + size)
        at_c = slice(cells + offset, cells + offset + size if config.cell == "lstm" else 0)
        weights, steps = dict(module.layers[k].named_parameters()), []
        weight, bias = weights["weight_hh_l0"], weights["bias_hh_l0"]
        z = functional.linear(module.norms[k](x), weights["weight_ih_l0"], weights["bias_ih_l0"])
        for start, end in pairwise(accumulate(counts, initial=0)):
            n = end - start
            recurrent = functional.linear(new[:n, at_h], weight, bias)
            held = clamp[:n, at_h], clamp[:n, at_c]
            state = new[:n, at_h], new[:n, at_c]
            step = _step(config.cell, z[start:end], recurrent, *state, *held)
            new[:n, at_h], new[:n, at_c] = step.h, step.c
            steps.append(step)
        h = torch.cat([step.h for step in steps])
        trace |= {f"layers.{k}.input": x, f"layers.{k}.h": h}
        trace[f"layers.{k}.c"] = torch.cat([step.c for step in steps])
        for g, name in enumerate(GATE_NAMES[config.cell]):
            trace[f"layers.{k}.gates.{name}"] = torch.cat([step.gates[g] for step in steps])
        x = x + h if config.residual(k) else h
        offset += size
    return module.projection(module.norms[-1](x)), new, trace


def _step(
    cell: Cell, z: Tensor, r: Tensor, h: Tensor, c: Tensor, held_h: Tensor, held_c: Tensor
) -> _Step:
    """One time step from the input's and the recurrent product, as torch.nn documents the cells."""
    if cell == "lstm":
        i, f, g, o = (z + r).chunk(4, -1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = _hold(f * c + i * g, held_c)
        return _Step(_hold(o * c.tanh(), held_h), c, (i, f, g, o))
    if cell == "gru":
        (z_r, z_z, z_n), (r_r, r_z, r_n) = z.chunk(3, -1), r.chunk(3, -1)
        reset, update = (z_r + r_r).sigmoid(), (z_z + r_z).sigmoid()
        n = (z_n + reset * r_n).tanh()
        return _Step(_hold((1 - update) * n + update * h, held_h), c, (reset, update, n))
    h = (z + r).tanh() if cell == "rnn" else (z + r).relu()
    return _Step(_hold(h, held_h), c)


def _hold(values: Tensor, held: Tensor) -> Tensor:
    return torch.where(held.isnan(), values, held)
