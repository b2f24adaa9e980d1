"""Results of looking inside a model: activations, units that respond to a feature, ablations."""

from dataclasses import dataclass
from typing import Literal

Signal = Literal["h", "c", "i", "f", "g", "o", "r", "z", "n"]


@dataclass(frozen=True, slots=True)
class Place:
    """A token of a text: its characters from `start` to `end`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Activations:
    """The values of units over a text: `units["L:K"]` has one a token, after it was read.

    `signal` is h, c (the cell itself, not its tanh), or a gate: i, f, g, o of an LSTM, r, z, n of a
    GRU.
    """

    text: str
    model: str
    signal: Signal
    tokens: tuple[Place, ...]
    units: dict[str, tuple[float, ...]]

    def _repr_html_(self) -> str:
        """The heat map, for notebooks."""
        import rnnrepl

        return rnnrepl.html(self)
