"""The model that a run goes on from: what it keeps, and how its vocabulary grows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from rnnrepl import checkpoint, tokenizer
from rnnrepl.checkpoint import Card, Checkpoint, registry
from rnnrepl.errors import usage
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.data.spans import Span
from rnnrepl.training.data.token_ids import train_tokenizer
from rnnrepl.training.options import TrainOptions, flag
from rnnrepl.training.runs.events import RunGrown

SHOWN = 10  # of the new tokens, by name


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A model, the name under which it was asked for, and the sum of the file of its weights."""

    name: str
    found: Checkpoint
    sha256: str

    @classmethod
    def of(cls, options: TrainOptions) -> "Ancestor | None":
        """The model of --from, if there is one.

        Raises RnnreplError where it cannot be opened, or other options contradict it.
        """
        if options.from_ is None:
            return None
        folder, last = registry.locate(options.from_)
        found = checkpoint.read(folder, last=last)
        if against := _against(options, found.card):
            flags = ", ".join(map(flag, against))
            raise usage(f"--from keeps its model's network and tokenizer: leave out {flags}.")
        weights = folder / (checkpoint.LAST if last else checkpoint.WEIGHTS)
        title = registry.title(folder) + (registry.LAST if last else "")
        return cls(title, found, sha256(weights.read_bytes()).hexdigest())

    @property
    def kind(self) -> tuple[str, dict[str, Any]]:
        """The name of its tokenizer, and the options that this was given."""
        return self.found.card.tokenizer, self.found.card.tokenizer_options

    @property
    def origin(self) -> dict[str, Any]:
        """What the card of the new model says of this one."""
        return {"from": {"name": self.name, "sha256": self.sha256}}

    def learn(self, texts: Sequence[Span]) -> Tokenizer:
        """Its tokenizer, with whatever tokens the texts have besides."""
        own = self.found.tokenizer
        if type(own).grown is Tokenizer.grown:
            return own  # nothing is ever unknown to it
        return own.grown(train_tokenizer(texts, *self.kind))

    def network(self, vocabulary: int) -> NetworkConfig:
        """Its network, for so many tokens."""
        return replace(self.found.card.network, vocabulary=vocabulary)

    def weights(self, vocabulary: int) -> dict[str, Floats]:
        """Its weights for so many tokens, in float32; each new row is the mean of the old ones."""
        shapes = self.network(vocabulary).shapes()
        return {n: _grown(self.found.weights[n], rows) for n, (rows, *_) in shapes.items()}

    def told(self, learnt: Tokenizer) -> RunGrown:
        """What there is to say of the tokenizer that was learnt from it."""
        start, known = self.found.card.start, len(self.found.tokenizer.tokens)
        return RunGrown(
            model=self.name,
            known=known,
            new=len(learnt.tokens) - known,
            tokens=tuple(learnt.tokens[known : known + SHOWN]),
            start=start if isinstance(start, str) else start["token"],
        )


def _grown(array: Floats, rows: int) -> Floats:
    old = array.astype(np.float32)
    return np.concatenate([old, np.repeat(old.mean(0, keepdims=True), rows - len(old), axis=0)])


def _against(options: TrainOptions, card: Card) -> list[str]:
    """The options that ask for something else than the model is."""
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
    asked = {name: getattr(options, name) for name in own}
    if options.hidden is not None:
        asked["hidden"] = (options.hidden,) * network.layers
    against = [name for name, value in asked.items() if value not in (None, own[name])]
    kind = tokenizer.find(card.tokenizer)
    chosen = tokenizer.parse_options(kind, options.tokenizer_option)
    usual = {option.name: option.default for option in tokenizer.options(kind)}
    kept = usual | card.tokenizer_options
    if any(kept[name] != value for name, value in chosen.items()):
        against.append("tokenizer_option")
    return against
