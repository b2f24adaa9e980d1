"""One argument or option of a command: its name, type, default and legal values."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

from rnnrepl.errors import RnnreplError, not_among
from rnnrepl.files.paths import typed_path
from rnnrepl.ranges import Range

REQUIRED: Final = inspect.Parameter.empty  # the default of a required parameter


class Kind(Enum):
    """What a value refers to: its name in help, and how the prompt completes it.

    A parameter named `model`, `device`, ... has that kind without an annotation.
    """

    TEXT = auto()  # free text: at the prompt, the rest of the line, verbatim
    NAMED_TEXT = auto()  # free text, after models of which it is the text
    MODEL = auto()
    RUN = auto()
    OWN = auto()  # a model or run of the user, which can be removed
    SECRET = auto()  # text that nothing completes
    TOKENIZER = auto()
    DEVICE = auto()
    FILE = auto()
    FOLDER = auto()
    SETTING = auto()
    PRESET = auto()
    COMMAND = auto()
    NODE = auto()
    TOKENIZER_OPTION = auto()
    UNIT = auto()  # a hidden unit, L:K
    TOKEN = auto()  # a token of the vocabulary
    LAYER = auto()  # the number of a layer
    CLAMP = auto()  # a hidden unit and its value, L:K=V
    ENCODING = auto()  # the encoding of a text
    SPEAKER = auto()  # a speaker of the training text
    TURN = auto()  # the form of a turn of a chat
    NEW_FILE = auto()  # a file to write
    OUT = FOLDER  # the kinds of the options of these names
    RESUME = RUN
    FROM = MODEL
    VALID = FILE
    STOP = TEXT
    TRACK = TEXT


class Mark(Enum):
    """An annotation other than the kind."""

    SETTING = auto()  # the session may have another default for it


SETTING: Final = Mark.SETTING

# The encodings that Tab completes; Python knows more.
ENCODINGS: Final = (
    *("utf-8", "utf-16", "utf-32", "cp1252", "latin-1", "iso-8859-15", "cp949", "euc-kr"),
    *("cp932", "shift_jis", "euc-jp", "gb18030", "big5", "cp1250", "cp1251", "koi8-r"),
)
DEVICES: Final = ("auto", "cpu", "cuda", "mps", "xpu")  # each may have an index, as in cuda:1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument or option of a command."""

    name: str  # as in Python: top_k
    type: type  # of one value: str, int, float, bool or Path
    help: str = ""
    default: Any = REQUIRED
    flag: str | None = None  # --top-k, or --no-eos if the default is True; None for an argument
    many: bool = False  # takes any number of values; the result is a tuple
    choices: tuple[str, ...] = ()
    kind: Kind | None = None
    setting: bool = False
    range: Range | None = None
    group: str = ""  # the dataclass parameter of which this is a field
    home: Callable[..., Any] | None = None  # that dataclass

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def takes_value(self) -> bool:
        return self.type is not bool

    @property
    def typed(self) -> str:
        """The parameter's name as the user types or reads it: --top-k, or FILE for an argument."""
        return self.flag or self.metavar

    @property
    def may_be_empty(self) -> bool:
        """Whether an empty value means something: a text, or a setting that is empty by default.

        Of a path, a name or a pattern it would be the current folder, or mean that none is given.
        """
        if self.type not in (str, Path) or self.choices:
            return True  # refused as no number, or as none of the choices
        return self.kind in (Kind.TEXT, Kind.NAMED_TEXT) or (self.setting and self.default == "")

    @property
    def flags(self) -> dict[str, bool | None]:
        """The spellings of the option, each with the value that it sets (None: the next word).

        A switch has both forms, --tie and --no-tie, if a setting or the program may set it.
        """
        if self.flag is None or self.takes_value:
            return {self.flag: None} if self.flag else {}
        words = self.name.replace("_", "-")
        if self.setting or self.default is None:
            return {f"--{words}": True, f"--no-{words}": False}
        return {self.flag: not self.default}

    @property
    def metavar(self) -> str:
        """The placeholder of its value: its choices; X, NAME=VALUE or L:K in its help; its kind.

        "keep the K most likely tokens" makes it `--top-k K`.
        """
        if self.choices and self.flag:
            return "|".join(self.choices)
        if self.flag and (letter := re.search(r"\b(L:K(=V)?|[A-Z]|[A-Z]+=[A-Z]+)\b", self.help)):
            return letter[0]
        if not self.flag:
            return self.name.upper()
        if self.kind:
            return self.kind.name
        return {int: "N", float: "X", Path: "PATH"}.get(self.type, "TEXT")

    def check(self, value: Any, name: str) -> None:
        """Checks a value of the right type; `name` is the parameter's name in the message.

        Raises RnnreplError for a number out of range and for text that cannot be a path.
        """
        for item in value if self.many else (value,):
            if self.range:
                self.range.check(name, item)
            if self.kind in (Kind.MODEL, Kind.RUN, Kind.OWN) and self.type is str:
                typed_path(item, name)
        if self.kind is Kind.CLAMP:
            from rnnrepl.inspection.units import parse_clamps

            parse_clamps(value)
        if self.kind is Kind.TURN and value:
            from rnnrepl.results.turns import TurnTemplate

            TurnTemplate.typed(value)
        if self.kind is Kind.DEVICE and value.partition(":")[0] not in DEVICES:
            raise not_among(name, value, DEVICES)
        if self.home:
            try:
                self.home(**{self.name: value})
            except RnnreplError as error:
                raise error.naming({self.name: name}) from error
