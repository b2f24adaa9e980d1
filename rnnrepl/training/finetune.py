"""Fine-tuning (--from): what a run keeps of its base model, and how the vocabulary grows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnrepl import checkpoint, lookup, tokenizer
from rnnrepl.checkpoint import Card, Checkpoint, registry
from rnnrepl.errors import usage
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.data.spans import Span
from rnnrepl.training.data.token_ids import train_tokenizer
from rnnrepl.training.options import TrainOptions, flag
from rnnrepl.training.runs.events import RunGrown

MAX_SHOWN = 10  # new tokens that the event lists


@dataclass(frozen=True, slots=True)
class BaseModel:
    """The model that a run starts from: its name, its checkpoint, the SHA-256 of its weights."""

    name: str
    checkpoint: Checkpoint
    sha256: str

    @classmethod
    def from_options(cls, options: TrainOptions) -> "BaseModel | None":
        """Opens the model of --from; None without --from.

        Raises RnnreplError if it cannot be opened, or if other options contradict it.
        """
        if options.from_ is None:
            return None
        folder, last = lookup.model_folder(options.from_)
        base = checkpoint.read(folder, last=last)
        if contradicting := _contradicting(options, base.card):
            flags = ", ".join(map(flag, contradicting))
            raise usage(f"--from keeps the network and tokenizer of its model: leave out {flags}.")
        source = registry.source(folder, last=last)
        return cls(source["name"], base, source["sha256"])

    @property
    def tokenizer_options(self) -> tuple[str, dict[str, Any]]:
        """The name of its tokenizer, and the options that this was trained with."""
        return self.checkpoint.card.tokenizer, self.checkpoint.card.tokenizer_options

    @property
    def origin(self) -> dict[str, Any]:
        """The entry about this model in the card of the new one."""
        return {"from": {"name": self.name, "sha256": self.sha256}}

    def extend_tokenizer(self, texts: Sequence[Span]) -> Tokenizer:
        """Its tokenizer, extended by the tokens of the texts that it does not know."""
        own = self.checkpoint.tokenizer
        if type(own).grown is Tokenizer.grown:
            return own  # a tokenizer without unknown tokens
        return own.grown(train_tokenizer(texts, *self.tokenizer_options))

    def network(self, vocabulary: int) -> NetworkConfig:
        """Its network with another vocabulary size."""
        return replace(self.checkpoint.card.network, vocabulary=vocabulary)

    def weights(self, vocabulary: int) -> dict[str, Floats]:
        """Its weights for that vocabulary size, in float32.

        New tokens get embedding and output rows initialised to the mean of the existing rows.
        """
        shapes = self.network(vocabulary).shapes()
        old = self.checkpoint.weights
        return {name: _extend(old[name], rows) for name, (rows, *_) in shapes.items()}

    def event(self, extended: Tokenizer) -> RunGrown:
        """The event that reports the new tokens."""
        start, known = self.checkpoint.card.start, len(self.checkpoint.tokenizer.tokens)
        return RunGrown(
            model=self.name,
            known=known,
            new=len(extended.tokens) - known,
            tokens=tuple(extended.tokens[known : known + MAX_SHOWN]),
            start=start if isinstance(start, str) else start["token"],
        )


def _extend(array: Floats, rows: int) -> Floats:
    old = array.astype(np.float32)
    return np.concatenate([old, np.repeat(old.mean(0, keepdims=True), rows - len(old), axis=0)])


def _contradicting(options: TrainOptions, card: Card) -> list[str]:
    """The names of the options whose values differ from those of the model."""
    network = card.network
    own = {
        "tokenizer": card.tokenizer,
        "cell": network.cell,
        "layers": network.layers,
        "hidden": network.hidden,
        "embed": network.embed,
        "tie": network.tied,
        "norm": network.norm,
    }
    given = {name: getattr(options, name) for name in own}
    if options.hidden is not None:
        given["hidden"] = (options.hidden,) * network.layers
    names = [name for name, value in given.items() if value not in (None, own[name])]
    kind = tokenizer.find(card.tokenizer)
    given_options = tokenizer.parse_options(kind, options.tokenizer_option)
    defaults = {option.name: option.default for option in tokenizer.options(kind)}
    kept = defaults | card.tokenizer_options
    if any(kept[name] != value for name, value in given_options.items()):
        names.append("tokenizer_option")
    return names
