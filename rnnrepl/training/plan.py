"""The plan of a run: completes the options that were not given."""

from dataclasses import asdict, dataclass, replace
from math import inf, log2, sqrt
from typing import TYPE_CHECKING, Annotated, Any

from rnnrepl.ranges import SEED, Range
from rnnrepl.rnn.config import GATES, NetworkConfig
from rnnrepl.training.options import (
    CELL,
    DECAYS,
    DROPOUTS,
    LENGTHS,
    MINUTES,
    PEERS,
    RATES,
    SHARES,
    SIZES,
    Optimizer,
    TrainOptions,
)

if TYPE_CHECKING:  # the help of a command loads this module, but no numpy
    from rnnrepl.tokenizer.contract import Level

# The best size of a network for the length of a run: this many weights in matrix products (an
# embedding is only looked up) per token that the run reads, repetitions included.
WEIGHTS_PER_TOKEN_READ = 0.35
MAX_WEIGHTS_PER_TOKEN = 8  # of the text: a larger network would memorise it
GRAIN = 32  # layer sizes are multiples of this
MIN_HIDDEN, MAX_HIDDEN = 64, 2048
MAX_HIDDEN_UNTIMED = 256  # without a training time
# Dropout grows by this with each doubling of the epochs, weight decay by this with each epoch. With
# less than one weight per token, a network learns less of the text by heart: less dropout.
DROPOUT, MAX_DROPOUT = 0.1, 0.6
DECAY = 0.02
# With --from (docs/training.md has the measurements): the factor of the learning rate; the
# batch size as a multiple of the square root of the rows that the run reads; and how
# many validations in a row may be worse than the best one. The run takes at most MINUTES.
FINE_TUNING, BATCH, PATIENCE = 1 / 8, 0.2, 3
# Several workers share a larger batch, since a product of half as many rows takes nearly as long;
# the learning rate grows less than the batch.
SHARED_BATCH, SHARED_RATE = 2, 1.25
# Smaller steps have a shorter BPTT, down to this share; then fewer rows too: products of many rows
# are faster. At SHORTEST_BPTT, which is half of the usual BPTT for words, only the rows get fewer:
# with gradients through 1 to 4 words a run on a few hundred of them is worse, or diverges
# (perplexity 22 to 28 instead of 12). With characters it takes a quarter of the time.
SHORT_BPTT, SHORTEST_BPTT = 1 / 2, 12
# With less than this share of the usual BPTT there is no warm-up: from 16 tokens it gains nothing.
LONG_BPTT = 3 / 4
# A sampled softmax has this many words, at least this share of the vocabulary; the softmax is full
# if that would be half of it.
CANDIDATES, SHARE = 1500, 1 / 8
TABLES = ("encoder.weight", "decoder.weight")  # one row per token
MEMORISES, UNDERFITS = 10, 1 / 200  # weights per token of the text that call for a remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Defaults for a level of tokens, whatever the length of the run."""

    layers: int = 2
    tie: bool
    norm: bool
    batch: int
    bptt: int
    bptt_warmup: float  # share of a run with half of the length: Li et al., 2021, arXiv:2108.06084
    steps: int  # of a run at least; a shorter run gets smaller batches
    undropped: float  # epochs up to which dropout would only slow training down
    mutual: float  # epochs from which two peers are better than one of twice the speed
    optimizer: Optimizer
    lr: float
    weight_decay: float  # the maximum of the mean over a run
    clip: float
    tuning_epochs: float  # with --from


# LayerNorm and residual connections train faster on characters. On words the residual would carry
# the raw embedding to the softmax that is tied to it; and AdamW, whose updates are as large for a
# rare word as for a frequent one, is much worse than SGD.
SYMBOLS = Recipe(
    tie=False,
    norm=True,
    batch=32,
    bptt=64,
    bptt_warmup=0.5,
    steps=1000,
    undropped=4.5,
    mutual=4.5,
    optimizer="adamw",
    lr=4e-3,
    weight_decay=0.1,
    clip=1.0,
    tuning_epochs=5.0,
)
WORDS = Recipe(
    tie=True,
    norm=False,
    batch=20,
    bptt=24,
    bptt_warmup=0.0,
    steps=2000,
    undropped=2.5,
    mutual=inf,
    optimizer="sgd",
    lr=5.5e-3,
    weight_decay=0.01,
    clip=0.25,
    tuning_epochs=10.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All hyperparameters of a run. Its length is either `minutes` or `epochs`.

    It also ends after `patience` validations in a row that are worse than the best one.
    """

    network: NetworkConfig
    dropout: Annotated[float, DROPOUTS]
    batch: Annotated[int, SIZES]
    bptt: Annotated[int, SIZES]
    bptt_warmup: Annotated[float, SHARES] = 0.0
    peers: Annotated[int, PEERS] = 1
    optimizer: Optimizer = "adamw"
    lr: Annotated[float, RATES]
    weight_decay: Annotated[float, DECAYS]
    clip: Annotated[float, RATES]
    minutes: Annotated[float | None, LENGTHS]
    epochs: Annotated[float | None, LENGTHS]
    seed: Annotated[int, SEED]
    patience: Annotated[int | None, Range(1, 1000)] = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan as JSON-compatible values."""
        return asdict(self) | {"network": self.network.to_dict()}


def choose(
    options: TrainOptions,
    level: "Level",
    vocabulary: int,
    tokens: int,
    throughput: float | None = None,
    *,
    world_size: int = 1,
    workers: int = 1,
    network: NetworkConfig | None = None,
) -> Plan:
    """Completes the options for a vocabulary size and a number of training tokens.

    `throughput` of the device is in weights x tokens per second. It matters only for a length in
    minutes; a plan in epochs depends on the text and the options alone. A batch size that is not
    given is a multiple of `world_size`, the number of processes; with several `workers`, a run of
    some minutes has a larger one. `network` is that of --from:
    without a given length it is trained for `tuning_epochs`, or for MINUTES if that is less.
    """
    usual = WORDS if level == "word" else SYMBOLS
    if network:
        usual = replace(usual, lr=FINE_TUNING * usual.lr)
    given = ((name, getattr(options, name, None)) for name in asdict(usual))
    recipe = asdict(usual) | {name: value for name, value in given if value is not None}
    minutes, given_epochs = options.minutes, options.epochs
    if minutes is None and given_epochs is None:
        each = throughput and throughput / (options.peers or 1)
        minutes, given_epochs = _default_length(usual, tokens, each, network)
    if minutes and workers > 1 and not network and options.batch is None:
        recipe["batch"] *= SHARED_BATCH
        recipe["lr"] *= SHARED_RATE if options.lr is None else 1
    work = throughput * 60 * minutes if throughput and minutes else None
    fine_tuned = network is not None
    peers = options.peers or 1
    if work and options.peers is None and not fine_tuned:
        alone = _network(options, recipe, vocabulary, tokens, work)
        peers = 2 if work / products(alone) >= usual.mutual * tokens else 1
    work = work and work / peers
    network = network or _network(options, recipe, vocabulary, tokens, work)
    read = work / products(network) if work else tokens * (given_epochs or 1.0)
    epochs = read / tokens
    dropout = min(MAX_DROPOUT, DROPOUT * log2(max(1.0, epochs / recipe["undropped"])))
    learnable = 1.0 if fine_tuned else min(1.0, products(network) / tokens)
    decay = round(min(usual.weight_decay, DECAY * epochs), 3)
    # A short run needs many small steps; a small text cannot be split into many parallel streams.
    # A network that is trained already needs fewer steps, but gradients through the same time.
    share = min(1.0, read / recipe["steps"] / (recipe["batch"] * recipe["bptt"]))
    shortest = min(1.0, SHORTEST_BPTT / recipe["bptt"])
    length = max(share, shortest, min(SHORT_BPTT, sqrt(share)))
    bptt = recipe["bptt"] if options.bptt or fine_tuned else round(length * recipe["bptt"])
    bptt = min(bptt, max(1, tokens // 2))
    streams = share / length * recipe["batch"]
    if fine_tuned:
        streams = min(recipe["batch"], BATCH * sqrt(read / bptt))
    per_process = max(1, round(streams / world_size))
    batch = options.batch or world_size * per_process
    usual_length = not fine_tuned and options.bptt is None and length >= LONG_BPTT
    warmup = recipe["bptt_warmup"] if usual_length or options.bptt_warmup is not None else 0.0
    return Plan(
        network=network,
        dropout=round(dropout * learnable, 2) if options.dropout is None else options.dropout,
        batch=min(batch, world_size * max(1, tokens // (world_size * bptt))),
        bptt=bptt,
        bptt_warmup=warmup,
        peers=peers,
        minutes=minutes,
        epochs=given_epochs,
        patience=PATIENCE if fine_tuned and options.minutes is options.epochs is None else None,
        seed=options.seed,
        weight_decay=decay if options.weight_decay is None else options.weight_decay,
        **{name: recipe[name] for name in ("optimizer", "lr", "clip")},
    )


def _default_length(
    recipe: Recipe, tokens: int, throughput: float | None, network: NetworkConfig | None
) -> tuple[float | None, float | None]:
    """The minutes or the epochs of a run; the other is None. `network` is that of --from."""
    epochs = recipe.tuning_epochs
    if network and epochs * tokens * products(network) <= (throughput or inf) * 60 * MINUTES:
        return None, epochs
    return MINUTES, None


def products(network: NetworkConfig) -> int:
    """The number of weights that each token is multiplied with, embeddings and biases left out.

    A large softmax counts with the size that is sampled on a CPU, not with the whole vocabulary.
    """
    shapes = network.shapes()
    matrices = sum(s[0] * s[1] for name, s in shapes.items() if len(s) == 2 and name not in TABLES)
    return matrices + softmax_size(network.vocabulary) * network.output


def softmax_size(vocabulary: int) -> int:
    """The number of words in the softmax of a step, on average if it is sampled."""
    sampled = max(CANDIDATES, round(SHARE * vocabulary))
    return sampled if 2 * sampled < vocabulary else vocabulary


def remark(plan: Plan, tokens: int, *, fine_tuned: bool = False) -> str:
    """Advice where the network is far too large or too small for the text; otherwise "".

    A fine-tuned network has a fixed size, so the advice is another model.
    """
    ratio = plan.network.parameters / tokens
    smaller = "a smaller model with --from" if fine_tuned else "a smaller --hidden"
    larger = "a larger model with --from" if fine_tuned else "a larger --hidden and more time"
    if ratio > MEMORISES:
        return (
            f"The network has {ratio:.0f} weights per token of the text and will memorise it: use "
            f"more text, or {smaller}."
        )
    if ratio < UNDERFITS:
        return (
            f"The network has 1 weight per {1 / ratio:,.0f} tokens of the text and will underfit: "
            f"use {larger}."
        )
    return ""


def _hidden(
    options: TrainOptions, recipe: dict[str, Any], vocabulary: int, tokens: int, work: float | None
) -> int:
    """The hidden size h that solves gates * layers * 2 h^2 + vocabulary * h = weights."""
    if work is None and options.epochs is None:
        return MAX_HIDDEN_UNTIMED
    read = tokens * (options.epochs or 1.0)
    weights = sqrt(WEIGHTS_PER_TOKEN_READ * work) if work else WEIGHTS_PER_TOKEN_READ * read
    vocabulary = softmax_size(vocabulary)
    squares: int = 2 * GATES[options.cell or CELL] * recipe["layers"]
    weights = min(weights, MAX_WEIGHTS_PER_TOKEN * tokens)
    hidden = (sqrt(vocabulary**2 + 4 * squares * weights) - vocabulary) / (2 * squares)
    largest = MAX_HIDDEN if work else MAX_HIDDEN_UNTIMED
    return max(MIN_HIDDEN, min(largest, GRAIN * round(hidden / GRAIN)))


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
