"""Trained initial states: h0, c0 or start beside the weights of the layers."""

import re

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.parts import Parts, Vector
from rnnrepl.importers.reading import Readings
from rnnrepl.rnn.network import Floats

# h0, h_0, h_init, init_h, initial_hidden, start, h_start, hidden0, c0, ...
_NAME = re.compile(
    r"(?:.*[._])?(?:(?:init(?:ial)?_?)?(h|c|hidden|cell|state|h_state|c_state|h_t|c_t)_?"
    r"(?:0|zero|init(?:ial)?|start)|init(?:ial)?_?(h|c|hidden|cell|state|h_state|c_state)|start)",
    re.IGNORECASE,
)


_LAST = re.compile(r"(?:.*[._])?(h|c|hidden|cell|state)", re.IGNORECASE)


def take(parts: Parts) -> list[Vector]:
    """Removes the initial states from the parts and returns them; buffers of zeros are dropped."""
    parts.others = [v for v in parts.others if v.weight.any() or not _LAST.fullmatch(v.name)]
    arrays = [v for v in [*parts.vectors, *parts.others] if _NAME.fullmatch(v.name)]
    matrices = [m for m in parts.matrices if m.bias is None and _NAME.fullmatch(m.name)]
    parts.vectors = [v for v in parts.vectors if v not in arrays]
    parts.others = [v for v in parts.others if v not in arrays]
    parts.matrices = [m for m in parts.matrices if m not in matrices]
    return [*arrays, *(Vector(m.name, m.weight) for m in matrices)]


def add(readings: Readings, states: list[Vector]) -> Readings:
    """Adds the initial states to each reading; raises RnnreplError where they do not fit."""
    if not states:
        return readings
    named = {"c" if _is_cell(state.name) else "h": state.weight.ravel() for state in states}
    for reading in readings.all:
        count = sum(name.startswith("rnn.weight_hh") for name in reading.weights)
        hidden = sum(reading.weights[f"rnn.weight_hh_l{k}"].shape[1] for k in range(count))
        expected = {"h", "c"} if reading.cell == "lstm" else {"h"}
        if named.keys() != expected or any(a.size != hidden for a in named.values()):
            shapes = ", ".join(f"{state.name} {state.weight.shape}" for state in states)
            raise RnnreplError(
                f"The model has an initial state that does not fit its {hidden:,} units: {shapes}."
            )
        reading.weights["initial"] = _joined(named)
    return readings


def _is_cell(name: str) -> bool:
    match = _NAME.fullmatch(name)
    assert match
    return (match[1] or match[2] or "h").lower().startswith("c")


def _joined(named: dict[str, Floats]) -> Floats:
    return np.concatenate([named[part] for part in "hc" if part in named])
