"""A reading of a file's weights: one network that they may describe, of possibly several."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats


@dataclass(frozen=True, eq=False)
class Reading:
    """Weights named as in `NetworkConfig.shapes`, their cell, and other settings of the network.

    `choice` says how it differs from the other readings of the same weights, `notes` what else was
    assumed.
    """

    weights: dict[str, Floats]
    cell: Cell
    settings: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    choice: str = ""

    @property
    def vocabulary(self) -> int:
        return len(self.weights["encoder.weight"])


@dataclass(frozen=True, eq=False)
class Readings:
    """All readings of a file's weights, the likeliest first.

    `unsure` is the sentence with which the weights are refused if no text decides between several;
    it is empty where the first reading is assumed.
    """

    all: Sequence[Reading]
    unsure: str = ""

    @property
    def vocabulary(self) -> int:
        return self.all[0].vocabulary

    def assumed(self) -> Reading:
        """The reading without a text: the first; raises RnnreplError where it would be a guess."""
        first = self.all[0]
        if len(self.all) == 1:
            return first
        if self.unsure:
            raise RnnreplError(f"{self.unsure} Give --data, a text like its training text.")
        return replace(first, notes=(*first.notes, f"It is assumed that {first.choice}."))
