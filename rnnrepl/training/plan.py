"""What a run does, in full: the options, with all that was left open chosen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import log2, sqrt
from typing import Any, Literal

from rnnrepl.rnn.config import GATES, NetworkConfig
from rnnrepl.training.options import CELL, MINUTES, Optimizer, TrainOptions

Level = Literal["byte", "character", "word"]

# How large a network serves a run of a certain length best, by the weights in its products (an
# embedding is only looked up): so many for each token that is read in all.
WEIGHTS = 0.35
MOST = 8  # weights for each token of the text: a larger network would only know it by heart
GRAIN = 32  # the size of a layer is a multiple of this
LEAST, LARGEST = 64, 2048
UNTIMED = 256  # the largest layer where no clock says what there is time for
# Each time that a text is read twice as often brings so much more dropout; each time that it is
# read at all, so much more weight decay.
DROPOUT, MOST_DROPOUT = 0.1, 0.6
DECAY = 0.02
GENTLE = 1 / 4  # what is left of the learning rate where a network has learnt already
# The softmax of a step has so many words of a large vocabulary, and no fewer than this share; but
# all, where that would be half of them.
CANDIDATES, SHARE = 1500, 1 / 8
TABLES = ("encoder.weight", "decoder.weight")  # a row a word
BY_HEART, BLUNT = 10, 1 / 200  # weights for each token of the text that deserve a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What serves a kind of token, whatever the length of the run."""

    layers: int = 2
    tie: bool
    norm: bool
    batch: int
    bptt: int
    updates: int  # steps of a run; where they would be fewer, each reads less
    few: float  # so often a text is read without dropout, which then only slows
    optimizer: Optimizer
    lr: float
    weight_decay: float  # at most
    clip: float


# LayerNorm and a residual path learn faster with characters. With words the path would carry the
# raw embedding to the softmax that is tied to it; and to AdamW, whose steps are as large for a rare
# word as for a frequent one, SGD is much superior.
SYMBOLS = Recipe(
    tie=False,
    norm=True,
    batch=32,
    bptt=64,
    updates=1000,
    few=4.5,
    optimizer="adamw",
    lr=4e-3,
    weight_decay=0.1,
    clip=1.0,
)
WORDS = Recipe(
    tie=True,
    norm=False,
    batch=20,
    bptt=24,
    updates=2000,
    few=2.5,
    optimizer="sgd",
    lr=5.5e-3,
    weight_decay=0.01,
    clip=0.25,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run without anything left open. Either `minutes` or `epochs` is its length."""

    network: NetworkConfig
    dropout: float
    batch: int
    bptt: int
    optimizer: Optimizer = "adamw"
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


def choose(
    options: TrainOptions,
    level: Level,
    vocabulary: int,
    tokens: int,
    pace: float | None = None,
    *,
    team: int = 1,
    kept: NetworkConfig | None = None,
) -> Plan:
    """Fills in what the options leave open, for a vocabulary and a number of training tokens.

    `pace` is what the device can do, in weights times tokens a second. It counts only for a run
    that is given in minutes; what one in epochs does follows from the text and the options alone.
    `team` is the number of processes; a batch that is left open can be shared by them. A network
    that is `kept` has learnt already.
    """
    usual = WORDS if level == "word" else SYMBOLS
    if kept:
        usual = replace(usual, lr=GENTLE * usual.lr)
    recipe = _given(options, asdict(usual))
    minutes = options.minutes
    if minutes is None and options.epochs is None:
        minutes = MINUTES
    work = pace * 60 * minutes if pace and minutes else None
    network = kept or _network(options, recipe, vocabulary, tokens, work)
    read = work / products(network) if work else tokens * (options.epochs or 1.0)
    often = read / tokens
    dropout = round(min(MOST_DROPOUT, DROPOUT * log2(max(1.0, often / recipe["few"]))), 2)
    decay = round(min(usual.weight_decay, DECAY * often), 3)
    # A short run needs its steps; a small text has no room for many places, each with its own
    # stretch to read.
    share = min(1.0, sqrt(read / recipe["updates"] / (recipe["batch"] * recipe["bptt"])))
    bptt = options.bptt or max(1, round(share * recipe["bptt"]))
    bptt = min(bptt, max(1, tokens // 2))
    batch = options.batch or team * max(1, round(share * recipe["batch"] / team))
    return Plan(
        network=network,
        dropout=dropout if options.dropout is None else options.dropout,
        batch=min(batch, team * max(1, tokens // (team * bptt))),
        bptt=bptt,
        minutes=minutes,
        epochs=options.epochs,
        seed=options.seed,
        weight_decay=decay if options.weight_decay is None else options.weight_decay,
        **{name: recipe[name] for name in ("optimizer", "lr", "clip")},
    )


def products(network: NetworkConfig) -> int:
    """How many weights each token is multiplied with: all but those that are looked up or added.

    Of a large softmax those that a step on a CPU draws count, not its whole vocabulary.
    """
    shapes = network.shapes()
    found = sum(s[0] * s[1] for name, s in shapes.items() if len(s) == 2 and name not in TABLES)
    return found + softmax_size(network.vocabulary) * network.output


def softmax_size(vocabulary: int) -> int:
    """How many words the softmax of a step has, about."""
    some = max(CANDIDATES, round(SHARE * vocabulary))
    return some if 2 * some < vocabulary else vocabulary


def remark(plan: Plan, tokens: int, *, kept: bool = False) -> str:
    """What the number of weights for each token of the text means, where it is unreasonable.

    Of a network that is `kept` the size is given, so another model is advised instead.
    """
    ratio = plan.network.parameters / tokens
    smaller = "a smaller model to begin with" if kept else "a smaller --hidden"
    larger = "a larger model to begin with" if kept else "a larger --hidden, and more time"
    if ratio > BY_HEART:
        return (
            f"{ratio:.0f} weights for each token of the text: they will learn it by heart; take "
            f"more text, or {smaller}."
        )
    if ratio < BLUNT:
        return (
            f"1 weight for {1 / ratio:,.0f} tokens of the text: much of it finds no room; "
            f"take {larger}."
        )
    return ""


def _given(options: TrainOptions, recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe, but for what the options say."""
    given = {name: getattr(options, name, None) for name in recipe}
    return recipe | {name: value for name, value in given.items() if value is not None}


def _hidden(
    options: TrainOptions, recipe: dict[str, Any], vocabulary: int, tokens: int, work: float | None
) -> int:
    """The size of the layers, from gates * layers * 2 h^2 + vocabulary * h = weights."""
    if work is None and options.epochs is None:
        return UNTIMED
    read = tokens * (options.epochs or 1.0)
    weights = sqrt(WEIGHTS * work) if work else WEIGHTS * read
    vocabulary = softmax_size(vocabulary)
    squares: int = 2 * GATES[options.cell or CELL] * recipe["layers"]
    weights = min(weights, MOST * tokens)
    hidden = (sqrt(vocabulary**2 + 4 * squares * weights) - vocabulary) / (2 * squares)
    most = LARGEST if work else UNTIMED
    return max(LEAST, min(most, GRAIN * round(hidden / GRAIN)))


def _network(
    options: TrainOptions, recipe: dict[str, Any], vocabulary: int, tokens: int, work: float | None
) -> NetworkConfig:
    hidden = options.hidden or _hidden(options, recipe, vocabulary, tokens, work)
    embed = options.embed or hidden
    return NetworkConfig(
        vocabulary=vocabulary,
        embed=embed,
        hidden=(hidden,) * recipe["layers"],
        cell=options.cell or CELL,
        projection=embed if recipe["tie"] and embed != hidden else None,
        tied=recipe["tie"],
        norm=recipe["norm"],
    )
