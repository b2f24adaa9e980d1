"""What a training run can be told; what is left out is chosen for it."""

from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from rnnrepl.errors import usage
from rnnrepl.rnn.config import Cell

Precision = Literal["auto", "float32", "bfloat16"]

MINUTES = 2.0  # where neither minutes nor epochs are given


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """How a network is trained. None leaves the choice to the program."""

    out: Annotated[Path | None, "the folder of the run; the model in it is always the best"] = None
    resume: Annotated[Path | None, "a run to go on with, all its options as they were"] = None
    tokenizer: Annotated[str, "how text becomes tokens"] = "char"
    tokenizer_option: Annotated[tuple[str, ...], "an option of the tokenizer, as NAME=VALUE"] = ()
    minutes: Annotated[float | None, "train for M minutes (2, where no epochs are given)"] = None
    epochs: Annotated[float | None, "or read the training text E times"] = None
    valid: Annotated[Path | None, "a validation text, instead of a part of the corpus"] = None
    split: Annotated[float, "the share of the corpus to train on; the rest validates"] = 0.9
    seed: Annotated[int, "repeats a run exactly, on a CPU and with epochs"] = 1
    device: Annotated[str, "auto, cpu, cuda, ..."] = "auto"
    precision: Annotated[Precision, "of the products; auto takes the faster"] = "auto"
    cell: Annotated[Cell, "the recurrent cell"] = "lstm"
    layers: Annotated[int | None, "how many recurrent layers"] = None
    hidden: Annotated[int | None, "the size of each layer"] = None
    embed: Annotated[int | None, "the size of the embedding"] = None
    tie: Annotated[bool | None, "let the softmax reuse the embedding"] = None
    norm: Annotated[bool | None, "LayerNorm before each layer and a residual around it"] = None
    dropout: Annotated[float | None, "the share of values dropped between layers"] = None
    batch: Annotated[int | None, "how many places of the text are read at once"] = None
    steps: Annotated[int | None, "the length of truncated BPTT, in tokens"] = None
    lr: Annotated[float | None, "the learning rate at its highest"] = None
    weight_decay: Annotated[float | None, "AdamW's"] = None
    clip: Annotated[float | None, "the largest norm of a gradient"] = None

    def __post_init__(self) -> None:
        if self.minutes is not None and self.epochs is not None:
            raise usage("Give either --minutes or --epochs, not both.")
        for name in ("layers", "hidden", "embed", "batch", "steps"):
            self._check(name, lambda n: n >= 1, "at least 1")
        for name in ("minutes", "epochs", "lr", "clip"):
            self._check(name, lambda x: x > 0 and isfinite(x), "more than 0")
        self._check("split", lambda x: 0 < x < 1, "between 0 and 1")
        self._check("dropout", lambda x: 0 <= x < 1, "at least 0 and less than 1")
        self._check("weight_decay", lambda x: x >= 0 and isfinite(x), "at least 0")
        self._check("seed", lambda n: n >= 0, "at least 0")
        for option in self.tokenizer_option:
            if not option.partition("=")[1]:
                raise usage(f"--tokenizer-option takes NAME=VALUE, not '{option}'.")
        if self.resume is not None and (given := set(self.given()) - {"resume"}):
            flags = ", ".join(sorted(_flag(name) for name in given))
            raise usage(f"--resume goes on with the run's own options: leave out {flags}.")

    def _check(self, name: str, holds: Any, bound: str) -> None:
        value = getattr(self, name)
        if value is not None and not holds(value):
            raise usage(f"{_flag(name)} is {bound}, not {value}.")

    @property
    def tokenizer_options(self) -> dict[str, str]:
        """The tokenizer's options by name, as they were typed."""
        pairs = (option.partition("=") for option in self.tokenizer_option)
        return {name.strip(): value for name, _, value in pairs}

    def given(self) -> dict[str, Any]:
        """What differs from leaving everything out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {f.name: values[f.name] for f in fields(self) if values[f.name] != f.default}

    def command_line(self, corpus: tuple[str, ...]) -> list[str]:
        """The words of the shell command that does the same."""
        words = ["rnnrepl", "train", *corpus]
        for name, value in self.given().items():
            for one in value if isinstance(value, tuple) else (value,):
                words += _words(name, one)
        return words


def _words(name: str, value: Any) -> list[str]:
    if value is True:
        return [_flag(name)]
    if value is False:
        return [_flag(f"no_{name}")]
    return [_flag(name), str(value)]


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
