"""A reading of a file's weights: one network that they may describe, of possibly several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.rnn.network import Floats


@dataclass(frozen=True, eq=False)
class Reading:
    """Weights named as in `NetworkConfig.shapes`, their cell, and other settings of the network.

    `choice` says how it differs from the other readings of the same weights, `notes` what else was
    assumed. `arrange` gives the weights their order when the network is built, so that many
    readings can share their arrays.
    """

    weights: dict[str, Floats]
    cell: Cell
    settings: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    choice: str = ""
    arrange: Callable[[dict[str, Floats]], dict[str, Floats]] = dict

    def network(self) -> tuple[NetworkConfig, dict[str, Floats]]:
        """The network and all of its weights, as `assemble`."""
        return assemble(self.arrange(self.weights), self.cell, **self.settings)

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
