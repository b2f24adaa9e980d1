"""What a training run can be told; what is left out is chosen for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from rnnrepl.errors import usage
from rnnrepl.rnn.config import Cell

Precision = Literal["auto", "float32", "bfloat16"]
Optimizer = Literal["adamw", "sgd"]
Law = tuple[str, Callable[[Any], bool]]  # in words that complete "--lr is ...", and in itself

MINUTES = 2.0  # where neither minutes nor epochs are given
TOKENIZER = "char"  # where neither one nor a model to go on from is given
CELL: Cell = "lstm"  # the same


def _at_least(bound: int) -> Law:
    return f"at least {bound}", lambda x: x >= bound


def _at_most(bound: int) -> Law:
    return f"at most {bound:,}", lambda x: x <= bound


def _more_than(bound: int) -> Law:
    return f"more than {bound}", lambda x: x > bound


def _less_than(bound: int) -> Law:
    return f"less than {bound}", lambda x: x < bound


_LAWS: dict[str, tuple[Law, ...]] = {
    "minutes": (_more_than(0), _at_most(10**6)),
    "epochs": (_more_than(0), _at_most(10**6)),
    "split": (_more_than(0), _less_than(1)),
    "seed": (_at_least(0), ("less than 2 to the power of 63", lambda n: n < 2**63)),
    "layers": (_at_least(1), _at_most(100)),
    "hidden": (_at_least(1), _at_most(10**6)),
    "embed": (_at_least(1), _at_most(10**6)),
    "dropout": (_at_least(0), _less_than(1)),
    "batch": (_at_least(1),),
    "bptt": (_at_least(1),),
    "lr": (_more_than(0), ("a finite number", isfinite)),
    "weight_decay": (_at_least(0), ("a finite number", isfinite)),
    "clip": (_more_than(0), ("a finite number", isfinite)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """How a network is trained. None leaves the choice to the program."""

    out: Annotated[Path | None, "the folder of the run; the model in it is always the best"] = None
    resume: Annotated[Path | None, "the folder of a run to go on with, options and all"] = None
    from_: Annotated[str | None, "the model to go on from, with its network and tokenizer"] = None
    tokenizer: Annotated[str | None, "how text becomes tokens (char)"] = None
    tokenizer_option: Annotated[tuple[str, ...], "an option of the tokenizer, as NAME=VALUE"] = ()
    minutes: Annotated[float | None, "train for M minutes (2, where no epochs are given)"] = None
    epochs: Annotated[float | None, "or read the training text E times"] = None
    valid: Annotated[Path | None, "a validation text, instead of a part of the corpus"] = None
    split: Annotated[float | None, "the share to train on (0.9, or all but 1M characters)"] = None
    track: Annotated[tuple[str, ...], "score this sentence at each evaluation"] = ()
    seed: Annotated[int, "repeats a run exactly: with epochs and a precision, on a CPU"] = 1
    device: Annotated[str, "where the network runs: auto, cpu, cuda, mps, ..."] = "auto"
    precision: Annotated[Precision, "how exactly to multiply; auto takes the faster"] = "auto"
    cell: Annotated[Cell | None, "the recurrent cell (lstm)"] = None
    layers: Annotated[int | None, "how many recurrent layers"] = None
    hidden: Annotated[int | None, "the size of each layer"] = None
    embed: Annotated[int | None, "the size of the embedding"] = None
    tie: Annotated[bool | None, "let the softmax reuse the embedding"] = None
    norm: Annotated[bool | None, "LayerNorm before each layer and a residual around it"] = None
    dropout: Annotated[float | None, "the share of values dropped between layers"] = None
    batch: Annotated[int | None, "how many places of the text are read at once"] = None
    bptt: Annotated[int | None, "the length of truncated BPTT, in tokens"] = None
    optimizer: Annotated[
        Optimizer | None, "trains all but the matrices of the layers; Muon those"
    ] = None
    lr: Annotated[float | None, "the learning rate at its highest, on the scale of AdamW"] = None
    weight_decay: Annotated[float | None, "how strongly the weights are drawn to 0"] = None
    clip: Annotated[float | None, "the largest norm of a gradient"] = None

    def __post_init__(self) -> None:
        if self.minutes is not None and self.epochs is not None:
            raise usage("Give either --minutes or --epochs, not both.")
        if self.valid is not None and self.split is not None:
            raise usage("Give either --valid or --split, not both.")
        for name, laws in _LAWS.items():
            value = getattr(self, name)
            for words, holds in laws if value is not None else ():
                if not holds(value):
                    raise usage(f"{flag(name)} is {words}, not {value}.")
        if self.resume is not None and (given := set(self.given()) - {"resume"}):
            flags = ", ".join(sorted(flag(name) for name in given))
            raise usage(f"--resume goes on with the run's own options: leave out {flags}.")

    @property
    def kind(self) -> str:
        """The second part of the run's default name: its base model, or its tokenizer."""
        if self.from_ is not None:
            from rnnrepl.checkpoint.registry import LAST

            return Path(self.from_.removesuffix(LAST)).resolve().name
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
