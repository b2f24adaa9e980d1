"""A model as it was found in a file of another program, before it becomes a folder of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnnrepl import checkpoint
from rnnrepl.checkpoint import Card, Start, reasonable
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats
from rnnrepl.tokenizer import Tokenizer, find

BACKWARD = (
    "The model reads from the end to the beginning: give it texts reversed, last letter first."
)


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """What a format returns: everything a checkpoint needs, and what one should know of it.

    `format` names the program it came from. `weights` are named and shaped as `network.shapes()`
    says; `tokenizer` is the name of a plugin and `vocabulary` what its `from_dict` takes. `notes`
    are sentences for whoever imports it. Raises RnnreplError where these do not fit together.
    """

    format: str
    network: NetworkConfig
    weights: Mapping[str, Floats]
    tokenizer: str
    vocabulary: Mapping[str, Any]
    start: Start
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, shape in self.network.shapes().items():
            array = self.weights.get(name)
            if array is None:
                raise RnnreplError(f"The file has no weights for {name}.")
            if array.shape != shape:
                raise RnnreplError(
                    f"The file's weights for {name} have the shape {array.shape}, not {shape}."
                )
            if array.dtype.kind != "f" or not reasonable(array):
                raise RnnreplError(
                    f"The file's weights for {name} are not finite, or absurdly large."
                )

    def card(self, origin: Mapping[str, Any]) -> Card:
        """Its card; `origin` says which file it was."""
        told = {"imported": self.format, **origin}
        return Card(self.network, self.tokenizer, {}, self.start, told)

    def reader(self) -> Tokenizer:
        """Its tokenizer; raises RnnreplError where that is not installed."""
        return find(self.tokenizer).from_dict(dict(self.vocabulary))

    def write(self, folder: Path, origin: Mapping[str, Any]) -> Card:
        """Makes it a checkpoint; returns the card."""
        card, tokenizer = self.card(origin), self.reader()
        checkpoint.start_id(card, tokenizer)
        weights = {n: self.weights[n].astype(np.float32) for n in self.network.shapes()}
        checkpoint.write(folder, card, weights, tokenizer)
        return card
