"""The torch module read step by step, with the formulas of its cells: for clamps and traces.

The cells of torch.nn neither return c and the gates of each time step nor let a unit be held.
Shapes: B texts, N packed tokens, H hidden, S flat state, D width of the softmax input.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor
from torch.nn import functional

from rnnrepl.rnn.signals import GATE_NAMES
from rnnrepl.rnn.torch_cells import Recurrence, step
from rnnrepl.rnn.torch_module import RNN


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
        recurrence = Recurrence(weights["weight_hh_l0"], weights["bias_hh_l0"])
        z = functional.linear(module.norms[k](x), weights["weight_ih_l0"], weights["bias_ih_l0"])
        for start, end in pairwise(accumulate(counts, initial=0)):
            n = end - start
            held = clamp[:n, at_h], clamp[:n, at_c]
            after = step(config, recurrence, z[start:end], new[:n, at_h], new[:n, at_c], held)
            new[:n, at_h], new[:n, at_c] = after.h, after.c
            steps.append(after)
        h = torch.cat([after.h for after in steps])
        trace |= {f"layers.{k}.input": x, f"layers.{k}.h": h}
        trace[f"layers.{k}.c"] = torch.cat([after.c for after in steps])
        for g, name in enumerate(GATE_NAMES[config.cell]):
            trace[f"layers.{k}.gates.{name}"] = torch.cat([after.gates[g] for after in steps])
        x = x + h if config.residual(k) else h
        offset += size
    return module.output(x), new, trace
