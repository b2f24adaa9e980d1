"""One argument or option of a command: its name, its type, and which values it takes."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

from rnnrepl.errors import not_among, usage

REQUIRED: Final = inspect.Parameter.empty  # the default of what must be given


class Kind(Enum):
    """What a value names: how help calls it, and what the prompt completes it with.

    A parameter called `model`, `device`, ... is of that kind without being told.
    """

    TEXT = auto()  # free text: at the prompt, the rest of the line as it stands
    MODEL = auto()
    RUN = auto()
    TOKENIZER = auto()
    DEVICE = auto()
    FILE = auto()
    FOLDER = auto()
    SETTING = auto()
    PRESET = auto()
    COMMAND = auto()
    NODE = auto()
    TOKENIZER_OPTION = auto()
    OUT = RESUME = FOLDER  # what the options of these names take
    FROM = MODEL
    VALID = FILE


class Mark(Enum):
    """Something said of a parameter besides its kind."""

    SETTING = auto()  # the session may hold another default for it


SETTING: Final = Mark.SETTING

DEVICES: Final = ("auto", "cpu", "cuda", "mps", "xpu")  # each also with a number, as in cuda:1


class AtLeast(int):
    """Said of a number: how small it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument or option of a command."""

    name: str  # as in Python: top_k
    type: type  # of one value: str, int, float, bool or Path
    help: str = ""
    default: Any = REQUIRED
    flag: str | None = None  # --top-k, or --no-eos for what is true; None for an argument
    many: bool = False  # takes any number of values, and is a tuple of them
    choices: tuple[str, ...] = ()
    kind: Kind | None = None
    setting: bool = False
    least: int | None = None
    group: str = ""  # the dataclass parameter it is a field of
    home: Callable[..., Any] | None = None  # that dataclass

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def takes_value(self) -> bool:
        return self.type is not bool

    @property
    def flags(self) -> dict[str, bool | None]:
        """Each way to type the option, with the value that it stands for, if it takes none.

        What a setting or the program itself may have decided can be said both ways.
        """
        if self.flag is None or self.takes_value:
            return {self.flag: None} if self.flag else {}
        words = self.name.replace("_", "-")
        if self.setting or self.default is None:
            return {f"--{words}": True, f"--no-{words}": False}
        return {self.flag: not self.default}

    @property
    def metavar(self) -> str:
        """What help calls its value: choices, a capital or NAME=VALUE in its help, its kind."""
        if self.choices:
            return "|".join(self.choices)
        if self.flag and (letter := re.search(r"\b([A-Z]|[A-Z]+=[A-Z]+)\b", self.help)):
            return letter[0]
        if not self.flag:
            return self.name.upper()
        if self.kind:
            return self.kind.name
        return {int: "N", float: "X", Path: "PATH"}.get(self.type, "TEXT")

    def check(self, value: Any) -> None:
        """Raises RnnreplError for a value of the right type that no command takes."""
        if self.least is not None and value < self.least:
            raise usage(f"{self.name} is {self.least} or more, not {value}.")
        if self.kind is Kind.DEVICE and value.partition(":")[0] not in DEVICES:
            raise not_among(self.name, value, DEVICES)
        if self.home:
            self.home(**{self.name: value})
