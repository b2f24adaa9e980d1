"""What a run does, in full: the options, with all that was left open chosen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.training.options import MINUTES, TrainOptions

Level = Literal["byte", "character", "word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What serves a kind of token well in a few minutes, where nothing is said."""

    layers: int
    hidden: int
    embed: int
    tie: bool
    norm: bool
    dropout: float
    batch: int
    steps: int
    lr: float
    weight_decay: float
    clip: float


# LayerNorm and a residual path learnt faster wherever they were tried. For words the widths differ,
# so that no path carries the raw embedding to the softmax that is tied to it.
SYMBOLS = Recipe(
    layers=2,
    hidden=256,
    embed=256,
    tie=False,
    norm=True,
    dropout=0.0,
    batch=32,
    steps=64,
    lr=4e-3,
    weight_decay=0.01,
    clip=1.0,
)
WORDS = Recipe(
    layers=2,
    hidden=256,
    embed=200,
    tie=True,
    norm=True,
    dropout=0.3,
    batch=32,
    steps=64,
    lr=4e-3,
    weight_decay=0.01,
    clip=1.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run without anything left open. Either `minutes` or `epochs` is its length."""

    network: NetworkConfig
    dropout: float
    batch: int
    steps: int
    lr: float
    weight_decay: float
    clip: float
    minutes: float | None
    epochs: float | None
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self) | {"network": self.network.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Plan":
        """From plain JSON."""
        return cls(**{**data, "network": NetworkConfig.from_dict(data["network"])})


def choose(options: TrainOptions, level: Level, vocabulary: int, tokens: int) -> Plan:
    """Fills in what the options leave open, for a vocabulary and a number of training tokens."""
    recipe = asdict(WORDS if level == "word" else SYMBOLS)
    given = {name: getattr(options, name) for name in recipe}
    chosen = recipe | {name: value for name, value in given.items() if value is not None}
    # A small text has no room for many places, each with its own stretch to read.
    steps = min(chosen["steps"], max(1, tokens // 2))
    batch = min(chosen["batch"], max(1, tokens // steps))
    minutes = options.minutes
    if minutes is None and options.epochs is None:
        minutes = MINUTES
    return Plan(
        network=_network(options, chosen, vocabulary),
        batch=batch,
        steps=steps,
        minutes=minutes,
        epochs=options.epochs,
        seed=options.seed,
        **{name: chosen[name] for name in ("dropout", "lr", "weight_decay", "clip")},
    )


def _network(options: TrainOptions, chosen: dict[str, Any], vocabulary: int) -> NetworkConfig:
    hidden, embed = chosen["hidden"], chosen["embed"]
    if options.hidden is not None and options.embed is None:
        embed = hidden
    return NetworkConfig(
        vocabulary=vocabulary,
        embed=embed,
        hidden=(hidden,) * chosen["layers"],
        cell=options.cell,
        projection=embed if chosen["tie"] and embed != hidden else None,
        tied=chosen["tie"],
        norm=chosen["norm"],
    )
