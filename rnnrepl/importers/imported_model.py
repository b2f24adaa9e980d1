"""A model read from a file of another program, before it is written as a checkpoint folder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rnnrepl import checkpoint
from rnnrepl.checkpoint import Card, Start, in_range
from rnnrepl.checkpoint.packing import DType
from rnnrepl.errors import RnnreplError
from rnnrepl.importers.tokenizers import TokenizerSpec
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats

BACKWARD = "The model reads from the end to the beginning: reverse each text, last character first."


@dataclass(frozen=True, slots=True, eq=False)
class ImportedModel:
    """The result of an importer: everything a checkpoint needs, and notes for the user.

    `format` names the program that wrote the file. `weights` are named and shaped as in
    `network.shapes()`, and stored as `dtype`. `notes` are sentences that are shown after the
    import. `original` is the card of a model that `convert` wrote. Raises RnnreplError where
    weights are missing, of another shape, or not finite.
    """

    format: str
    network: NetworkConfig
    weights: Mapping[str, Floats]
    tokenizer: TokenizerSpec
    start: Start
    notes: tuple[str, ...] = ()
    original: Card | None = None
    dtype: DType = "float32"

    def __post_init__(self) -> None:
        for name, shape in self.network.shapes().items():
            array = self.weights.get(name)
            if array is None:
                raise RnnreplError(f"The file has no weights for {name}.")
            if array.shape != shape:
                raise RnnreplError(f"The weights for {name} have shape {array.shape}, not {shape}.")
            if array.dtype.kind != "f" or not in_range(array):
                raise RnnreplError(f"The weights for {name} are not finite, or are too large.")

    def card(self, origin: Mapping[str, Any]) -> Card:
        """The model card, the original one if there is one; `origin` identifies the file."""
        if self.original:
            return replace(self.original, start=self.start)
        notes = {"notes": list(self.notes)} if self.notes else {}
        made = {"imported": self.format, **origin, **notes}
        return Card(self.network, self.tokenizer.name, {}, self.start, made)

    def write(self, folder: Path, origin: Mapping[str, Any]) -> Card:
        """Writes the checkpoint folder and returns its card.

        Raises RnnreplError for a start token that is not in the vocabulary, a tokenizer that is not
        installed, and where the disk refuses.
        """
        card, tokenizer = self.card(origin), self.tokenizer.build()
        checkpoint.start_id(card, tokenizer)
        checkpoint.write(folder, card, self.weights, tokenizer, dtype=self.dtype)
        return card
