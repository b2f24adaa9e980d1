"""Options of a training run, with their valid ranges."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from rnnrepl.errors import usage
from rnnrepl.files.encodings import normalized
from rnnrepl.files.paths import resolved
from rnnrepl.ranges import SEED, Range, check_fields
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.rnn.config import Cell

Dtype = Literal["float32", "bfloat16"]
Precision = Literal["auto", Dtype]
Optimizer = Literal["adamw", "sgd"]

MINUTES = 2.0  # without `minutes` and `epochs`
TOKENIZER = "char"  # without `tokenizer` and `from_`
CELL: Cell = "lstm"  # without `cell` and `from_`

# The ranges of options, which a saved plan is held to as well.
LENGTHS = Range(0, 1_000_000, above=True)  # of a run
SPLITS = Range(0, 1, above=True, below=True)
DROPOUTS = Range(0, 1, below=True)
SHARES = Range(0, 1)
SIZES = Range(1, 1_000_000)
RATES = Range(0, 1_000_000, above=True)
DECAYS = Range(0, 1_000_000)
THREADS = Range(1, 1024)
PEERS = Range(1, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """Data, budget, network and optimizer of a training run.

    Options that are not given are chosen from the tokenizer, the size of the corpus and the
    training time, or taken from the model of --from.

    Raises RnnreplError for values out of range and options that exclude each other.
    """

    out: Annotated[Path | None, "run folder (default: a new folder in the model folder)"] = None
    resume: Annotated[str | None, "run to resume, by name or folder"] = None
    from_: Annotated[str | None, "model to fine-tune, with its network and tokenizer"] = None
    tokenizer: Annotated[str | None, "tokenizer (default: char)"] = None
    tokenizer_option: Annotated[tuple[str, ...], "option of the tokenizer, as NAME=VALUE"] = ()
    minutes: Annotated[
        float | None,
        "train for M minutes (default: 2, unless --epochs; with --from at most 2)",
        LENGTHS,
    ] = None
    epochs: Annotated[float | None, "train for E passes over the training text", LENGTHS] = None
    valid: Annotated[
        Path | None, "validation text, or its folder or pattern (default: a part of the corpus)"
    ] = None
    split: Annotated[
        float | None,
        "fraction to train on (default: 0.9, or all but 1M characters)",
        SPLITS,
    ] = None
    encoding: Annotated[
        str, "encoding E of the texts (default: UTF-8, or UTF-16 by its byte order mark)"
    ] = ""
    track: Annotated[tuple[str, ...], "sentence to score at each validation"] = ()
    chat: Annotated[
        str, r"form of a turn, as in '{name}: {text}\n' (default: found in plays and chats)"
    ] = ""
    seed: Annotated[
        int, "random seed; bit-reproducible on a CPU with --epochs and --precision", SEED
    ] = 1
    device: Annotated[str, "cpu, cuda, cuda:1, mps, xpu or auto"] = "auto"
    precision: Annotated[Precision, "matmul precision; on a CPU auto times both"] = "auto"
    workers: Annotated[
        int | None, "threads that share a batch (default: timed, at most one a core)", THREADS
    ] = None
    threads: Annotated[
        int | None, "threads of an operator of each worker (default: timed)", THREADS
    ] = None
    cell: Annotated[Cell | None, "recurrent cell (default: lstm)"] = None
    layers: Annotated[int | None, "number of recurrent layers", Range(1, 100)] = None
    hidden: Annotated[int | None, "hidden size of each layer", SIZES] = None
    embed: Annotated[int | None, "embedding size", SIZES] = None
    tie: Annotated[bool | None, "tie the output weights to the embedding"] = None
    norm: Annotated[bool | None, "LayerNorm before each layer, and a residual connection"] = None
    dropout: Annotated[float | None, "dropout before each layer and the softmax", DROPOUTS] = None
    batch: Annotated[int | None, "batch size: number of parallel text streams", SIZES] = None
    bptt: Annotated[int | None, "length of truncated BPTT, in tokens", SIZES] = None
    bptt_warmup: Annotated[
        float | None,
        "first share of the run, with half of the BPTT length and twice as many updates",
        SHARES,
    ] = None
    peers: Annotated[
        int | None,
        "networks of deep mutual learning: each also learns from the predictions of the others; "
        "the first is kept (default: 2 in a run of minutes that reads characters or bytes often "
        "enough, else 1)",
        PEERS,
    ] = None
    optimizer: Annotated[
        Optimizer | None, "optimizer of the embedding, the softmax, biases and norms"
    ] = None
    lr: Annotated[float | None, "peak learning rate of AdamW; 6,000 times it for SGD", RATES] = None
    weight_decay: Annotated[
        float | None,
        "mean of the decoupled weight decay, which falls linearly from twice that to 0",
        DECAYS,
    ] = None
    clip: Annotated[float | None, "maximum gradient norm", RATES] = None

    def __post_init__(self) -> None:
        if self.minutes is not None and self.epochs is not None:
            raise usage("Give either `minutes` or `epochs`, not both.")
        if self.valid is not None and self.split is not None:
            raise usage("Give either `valid` or `split`, not both.")
        check_fields(self)
        normalized(self.encoding)
        if self.chat:
            TurnTemplate.typed(self.chat)
        if self.resume is not None and (given := set(self.given()) - {"resume", "valid"}):
            names = ", ".join(f"`{name}`" for name in sorted(given))
            raise usage(f"`resume` continues with the options of the run: leave out {names}.")

    @property
    def kind(self) -> str:
        """The second part of the run's default name: its base model, or its tokenizer."""
        if self.from_ is not None:
            from rnnrepl.checkpoint.registry import AT_LAST

            return resolved(Path(self.from_.removesuffix(AT_LAST))).name
        return self.tokenizer or TOKENIZER

    def given(self) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {f.name: values[f.name] for f in fields(self) if values[f.name] != f.default}

    def command_line(self, corpus: Sequence[Path]) -> list[str]:
        """The equivalent shell command as a list of words."""
        options = []
        for name, value in self.given().items():
            for item in value if isinstance(value, tuple) else (value,):
                options += _words(name, item)
        files = list(map(str, corpus))
        if any(name.startswith("-") for name in files):
            return ["rnnrepl", "train", *options, "--", *files]
        return ["rnnrepl", "train", *files, *options]


def _words(name: str, value: Any) -> list[str]:
    if value is True:
        return [flag(name)]
    if value is False:
        return [flag(f"no_{name}")]
    text = str(value)
    return [f"{flag(name)}={text}"] if text.startswith("-") else [flag(name), text]


def flag(name: str) -> str:
    """The option of a field as it is typed."""
    return "--" + name.rstrip("_").replace("_", "-")
