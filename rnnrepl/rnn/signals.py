"""Signals: the names and widths of the values that a trace of a network can hold.

layers.K.input        what layer K reads, before its LayerNorm: embedding or layer below
layers.K.h            its output h
layers.K.c            its cell c (LSTM)
layers.K.gates.NAME   a gate: input, forget, cell, output (LSTM); reset, update, new (GRU)
output                what the softmax reads
logits                the argument of the softmax
"""

from collections.abc import Iterable, Mapping

import numpy as np

from rnnrepl.errors import unknown
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.rnn.network import Floats

GATE_NAMES: dict[Cell, tuple[str, ...]] = {
    "lstm": ("input", "forget", "cell", "output"),
    "gru": ("reset", "update", "new"),
    "rnn": (),
    "relu": (),
}


def widths(config: NetworkConfig) -> dict[str, int]:
    """Every signal of a network, with its width."""
    signals: dict[str, int] = {}
    for k, size in enumerate(config.hidden):
        parts = ["h", *(["c"] if config.cell == "lstm" else [])]
        parts += [f"gates.{gate}" for gate in GATE_NAMES[config.cell]]
        signals[f"layers.{k}.input"] = config.inputs(k)
        signals |= {f"layers.{k}.{part}": size for part in parts}
    return signals | {"output": config.output, "logits": config.vocabulary}


def checked(names: Iterable[str], config: NetworkConfig) -> list[str]:
    """The names as a list; raises RnnreplError for one that the network does not have."""
    known, names = widths(config), list(names)
    for name in names:
        if name not in known:
            raise unknown("signal", name, known)
    return names


def state_names(config: NetworkConfig) -> list[str]:
    """The signals of which the flat state consists, in its order."""
    parts = ("h", "c") if config.cell == "lstm" else ("h",)
    return [f"layers.{k}.{part}" for part in parts for k in range(config.layers)]


def last_state(trace: Mapping[str, Floats], config: NetworkConfig) -> Floats:
    """The flat state (S,) after the last token of a trace that has all `state_names`."""
    return np.concatenate([trace[name][-1] for name in state_names(config)])


def flat_index(config: NetworkConfig, layer: int, unit: int, part: str = "h") -> int:
    """The index of a unit of h or c in the flat state."""
    start = sum(config.hidden) if part == "c" else 0
    return start + sum(config.hidden[:layer]) + unit
