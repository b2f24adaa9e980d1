"""The base of `rnnrepl.Model`: the parts of a loaded model, and contexts that read text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np

from rnnrepl import checkpoint
from rnnrepl.checkpoint import Card, Checkpoint, registry
from rnnrepl.errors import usage
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context, Float64s, Floats, Ids, Network
from rnnrepl.scoring import surprisal
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.tokenizer.composition import composing

Record = TypeVar("Record")


class BaseModel:
    """A loaded model that reads text; `card` is its model.json."""

    clamps: tuple[str, ...] = ()  # what `clamped` was given

    def __init__(self, loaded: Checkpoint, network: Network, device: str = "cpu") -> None:
        self.path = loaded.folder
        self.name = registry.model_name(loaded.folder)
        self.card: Card = loaded.card
        self.tokenizer: Tokenizer = composing(loaded.tokenizer)
        self.network = network
        self.device = device
        self._checkpoint = loaded
        self._start = checkpoint.start_id(loaded.card, loaded.tokenizer)

    @property
    def config(self) -> NetworkConfig:
        """The cell and the sizes of the network."""
        return self.network.config

    @property
    def start(self) -> str:
        """The condition of the first token: "zeros", "none", or the text of the start token."""
        return self.card.start if isinstance(self.card.start, str) else self.card.start["token"]

    @property
    def weights(self) -> Mapping[str, Floats]:
        """The weights, named and shaped as in `NetworkConfig.shapes`."""
        return self._checkpoint.weights

    def begin(self) -> Context:
        """Returns the context at the start of a text."""
        return Context(self.network.initial(), self._start)

    def read(self, text: str, context: Context | None = None) -> Context:
        """Returns the context after a text, which continues `context` or begins.

        Raises RnnreplError if the tokenizer refuses the text.
        """
        return surprisal.read(self.network, self.tokenizer.ids(text), context or self.begin())

    def step(self, context: Context) -> tuple[Floats, Floats]:
        """Returns the next token's logits (V,) and the state (S,) before it, as in `Context`."""
        return self.network.step(context.checked_id, context.state)

    def surprisals(
        self, ids: Sequence[int] | Ids, context: Context | None = None
    ) -> tuple[Float64s, Context]:
        """Returns -ln P (T,) in nats of each of ids (T,), and the context after them.

        Raises RnnreplError for an id that the vocabulary does not have.
        """
        array = np.asarray(ids, np.int64)
        last = self.config.vocabulary - 1
        if len(array) and not 0 <= array.min() <= array.max() <= last:
            wrong = array[(array < 0) | (array > last)][0]
            raise usage(f"The ids of {self.name} are 0 to {last:,}, not {wrong}.")
        return surprisal.surprisals(self.network, array, context or self.begin())

    def _with_clamps(self, record: Record) -> Record:
        """Returns a record with the clamps of the model in its field `clamp`, if it has one."""
        clamps = self.clamps or None
        if getattr(record, "clamp", clamps) == clamps:
            return record
        clamped: Record = replace(cast(Any, record), clamp=clamps)
        return clamped
