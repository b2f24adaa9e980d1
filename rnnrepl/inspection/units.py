"""Hidden units by name: 1:203 is unit 203 of h in layer 1, 1:203.c its cell, 1:203=1 a clamp."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.ranges import HELD

if TYPE_CHECKING:
    from rnnrepl.rnn.config import NetworkConfig
    from rnnrepl.rnn.network import Floats

Part = Literal["h", "c"]

_UNIT = re.compile(r"(\d+):(\d+)(\.[hc])?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class HiddenUnit:
    """A unit of a layer, both counted from 0: a number of its output h, or of its cell c (LSTM)."""

    layer: int
    unit: int
    part: Part = "h"

    def __str__(self) -> str:
        return f"{self.layer}:{self.unit}" + (".c" if self.part == "c" else "")

    @classmethod
    def parse(cls, text: str) -> "HiddenUnit":
        """Reads L:K or L:K.c; raises RnnreplError for any other text."""
        match = _UNIT.fullmatch(text)
        if not match:
            raise usage(f"A unit is given as LAYER:UNIT, such as 1:203 or 1:203.c, not '{text}'.")
        return cls(int(match[1]), int(match[2]), "c" if match[3] == ".c" else "h")

    def index(self, config: "NetworkConfig") -> int:
        """The index in the flat state; raises RnnreplError for a unit that a network has not."""
        from rnnrepl.rnn.signals import flat_index

        if self.layer >= config.layers:
            last = config.layers - 1
            raise usage(f"There is no layer {self.layer}: layers are numbered from 0 to {last}.")
        size = config.hidden[self.layer]
        if self.unit >= size:
            raise usage(
                f"Layer {self.layer} has no unit {self.unit}: units are numbered from 0 to "
                f"{size - 1}."
            )
        if self.part == "c" and config.cell != "lstm":
            cell, plain = config.cell.upper(), str(self).removesuffix(".c")
            raise usage(f"A network of {cell} layers has no c: leave out .c, as in {plain}.")
        return flat_index(config, self.layer, self.unit, self.part)


def parse_clamp(text: str) -> tuple[HiddenUnit, float]:
    """Reads L:K=V, a unit and the value it is held at; raises RnnreplError for any other text."""
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not equals or number - number != 0:
        raise usage(f"A clamp is given as LAYER:UNIT=VALUE, such as 1:203=1, not '{text}'.")
    HELD.check("The value of a clamp", number)
    return HiddenUnit.parse(name), number


def parse_clamps(texts: Iterable[str]) -> list[tuple[HiddenUnit, float]]:
    """Reads clamps, of which a text may hold several, separated by commas."""
    return [parse_clamp(part) for text in texts for part in text.split(",")]


def clamp_array(clamps: Iterable[tuple[HiddenUnit, float]], config: "NetworkConfig") -> "Floats":
    """The clamp of a flat state (S,), as `Network` reads it; of a repeated unit the last counts.

    Raises RnnreplError for a unit that the network does not have.
    """
    import numpy as np

    values = np.full(config.state, np.nan)
    for unit, value in clamps:
        try:
            values[unit.index(config)] = value
        except RnnreplError as error:
            raise usage(f"The clamp {unit}={value:g} does not fit the model. {error}") from error
    return values
