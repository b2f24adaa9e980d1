"""Pickles, read without running them: plain values, and stand-ins for the objects of known classes.

A pickle is a program for a small stack machine. This machine knows the instructions that build
values. What a pickle calls must be listed here: objects of CLASSES become stand-ins that hold
attributes and do nothing, and for FUNCTIONS functions of ours are called. Whatever else it names is
refused. `pickletools` cuts the bytes into instructions and no more.
"""

from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass, field
from io import BytesIO
from pickletools import genops
from typing import Any, Final
from warnings import catch_warnings

from rnnrepl.errors import RnnreplError

MOST = 4_000_000  # instructions, and values copied: many times what any vocabulary takes


@dataclass(frozen=True, slots=True)
class Name:
    """What a pickle calls by its name, such as `torch.FloatStorage`."""

    full: str


@dataclass(slots=True, eq=False)
class Standin:
    """An object of a class that is not here: the class's name, and the attributes as plain data."""

    kind: str
    attributes: dict[str, Any] = field(default_factory=dict)


def damaged(how: str) -> RnnreplError:
    """The error for a file that is not what its program writes."""
    return RnnreplError(f"The file is damaged, or was made to do harm: {how}.")


def nothing(id: Any) -> Any:
    """What is stored outside a pickle that has all inside."""
    raise damaged("its pickle refers to something outside")


def load(
    stream: BytesIO,
    persistent: Callable[[Any], Any] = nothing,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """The value of the pickle that begins here in a stream, which then stands behind it.

    `persistent` gives the value of what the pickle stores elsewhere; `functions` may be called by
    their names, besides FUNCTIONS. Raises RnnreplError for a pickle that is not whole, and for one
    that names or does what is not known here.
    """
    machine = _Machine(persistent, FUNCTIONS | dict(functions or {}))
    try:
        with catch_warnings(action="ignore"):  # pickletools warns of odd escapes
            for instruction, argument, _ in genops(stream):
                if instruction.name == "STOP":
                    return machine.pop()
                machine.do(instruction.name, argument)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise damaged("its pickle makes no sense") from error
    raise damaged("its pickle has no end")


class _Machine:
    """The stack, the memo, and one method's worth of each instruction."""

    def __init__(self, persistent: Callable[[Any], Any], functions: "_Functions") -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.persistent = persistent
        self.functions = functions
        self.left = MOST

    def do(self, name: str, argument: Any) -> None:
        """Carries out one instruction."""
        self.spend(1)
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _ACTS:
            _ACTS[name](self, argument)
        else:
            raise damaged(f"its pickle has the instruction {name}")

    def spend(self, values: int) -> None:
        """Keeps time and memory within bounds that no honest file comes near."""
        self.left -= values
        if self.left < 0:
            raise damaged("its pickle is absurdly long")

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise damaged("its pickle makes no sense")
        return value

    def since_mark(self) -> list[Any]:
        """Takes everything above the last mark off the stack, and the mark."""
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            place -= 1
        values = self.stack[place + 1 :]
        del self.stack[place:]
        return values

    def top(self, kind: type) -> Any:
        """The value on top, which must be of this kind."""
        value = self.stack[-1]
        if not isinstance(value, kind):
            raise damaged("its pickle makes no sense")
        return value

    def tuple(self, length: int) -> None:
        values = [self.pop() for _ in range(length)]
        self.stack.append(tuple(reversed(values)))

    def set_item(self) -> None:
        value, key = self.pop(), self.pop()
        self.set_items([key, value])

    def set_items(self, pairs: list[Any]) -> None:
        target = self.top(dict)
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            target[_key(key)] = value

    def named(self, module: Any, name: Any) -> None:
        full = f"{module}.{name}"
        if full not in CLASSES and full not in self.functions:
            raise RnnreplError(
                f"The file names {full[:80]!r}, which no model known here needs: it is not opened."
            )
        self.stack.append(Name(full))

    def stack_named(self) -> None:
        name, module = self.pop(), self.pop()
        self.named(module, name)

    def call(self) -> None:
        """Calls what is ours; makes a stand-in for what is not."""
        arguments, name = self.pop(), self.pop()
        if not isinstance(arguments, tuple) or not isinstance(name, Name):
            raise damaged("its pickle calls what is not to be called")
        self.spend(sum(len(a) for a in arguments if isinstance(a, Sized)))
        function = self.functions.get(name.full)
        self.stack.append(function(*arguments) if function else Standin(name.full))

    def build(self) -> None:
        """Gives a stand-in its attributes; other objects of ours have none."""
        state = self.pop()
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict) and isinstance(self.stack[-1], Standin):
                self.spend(len(part))
                self.stack[-1].attributes.update(part)


_Functions = Mapping[str, Callable[..., Any]]


def _key(value: Any) -> Any:
    """A value that may be a key: others need not be hashable, or may be so deep that it kills."""
    if value is None or isinstance(value, str | bytes | int | float):
        return value
    raise damaged("its pickle has a key that is none")


def _ordered(pairs: Iterable[Any] = ()) -> dict[Any, Any]:
    return {_key(key): value for key, value in pairs}


def _set(values: Iterable[Any] = ()) -> set[Any]:
    return {_key(value) for value in values}


def _bytes(text: str, coding: str) -> bytes:
    if coding not in ("latin1", "latin-1"):
        raise damaged("its pickle has bytes in a coding of its own")
    return text.encode("latin-1")


_MARK: Final = object()

_NUMBERS = "BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT"
_TEXTS = "BINSTRING SHORT_BINSTRING BINUNICODE SHORT_BINUNICODE BINUNICODE8"
_RAW = "BINBYTES SHORT_BINBYTES BINBYTES8"
_LITERALS: Final = frozenset(f"{_NUMBERS} {_TEXTS} {_RAW}".split())
_CONSTANTS: Final[Mapping[str, Callable[[], Any]]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "MARK": lambda: _MARK,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_ACTS: Final[Mapping[str, Callable[[_Machine, Any], Any]]] = {
    "PROTO": lambda m, _: None,
    "FRAME": lambda m, _: None,
    "POP": lambda m, _: m.stack.pop(),
    "POP_MARK": lambda m, _: m.since_mark(),
    "BINPUT": lambda m, place: m.memo.update({place: m.top(object)}),
    "LONG_BINPUT": lambda m, place: m.memo.update({place: m.top(object)}),
    "MEMOIZE": lambda m, _: m.memo.update({len(m.memo): m.top(object)}),
    "BINGET": lambda m, place: m.stack.append(m.memo[place]),
    "LONG_BINGET": lambda m, place: m.stack.append(m.memo[place]),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m, _: m.tuple(1),
    "TUPLE2": lambda m, _: m.tuple(2),
    "TUPLE3": lambda m, _: m.tuple(3),
    "APPEND": lambda m, _: (value := m.pop(), m.top(list).append(value)),
    "APPENDS": lambda m, _: (values := m.since_mark(), m.top(list).extend(values)),
    "ADDITEMS": lambda m, _: (values := m.since_mark(), m.top(set).update(map(_key, values))),
    "SETITEM": lambda m, _: m.set_item(),
    "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
    "GLOBAL": lambda m, names: m.named(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.stack_named(),
    "REDUCE": lambda m, _: m.call(),
    "NEWOBJ": lambda m, _: m.call(),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.stack.append(m.persistent(m.pop())),
}

# What a pickle may call, and what is called instead: functions of ours, on plain values.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "_codecs.encode": _bytes,
    "__builtin__.bytes": lambda: b"",  # others protocol 2 writes as text
    "__builtin__.getattr": lambda *_: None,  # a method, which nobody calls
    "__builtin__.set": _set,
    "builtins.getattr": lambda *_: None,
    "builtins.set": _set,
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": lambda factory=None: {},
    "torch.Size": tuple,
}

_MODULES = (
    "container.ModuleList container.Sequential dropout.Dropout linear.Linear loss.CrossEntropyLoss "
    "rnn.GRU rnn.LSTM rnn.RNN sparse.Embedding"
)
_STORAGES = "BFloat16 Bool Byte Char Double Float Half Int Long Short"

# The classes whose objects become stand-ins: those of the models that can be imported, and of what
# lies beside them in their files.
CLASSES: Final = frozenset(
    {
        *(f"torch.nn.modules.{name}" for name in _MODULES.split()),
        *(f"torch.{name}Storage" for name in _STORAGES.split()),
        *(f"torch.cuda.{name}Storage" for name in _STORAGES.split()),
        "__builtin__.dict",
        "__builtin__.int",
        "__builtin__.list",
        "__main__.CharRNN",  # of a script that defines its model itself
        "__main__.RNNModel",
        "builtins.dict",
        "builtins.int",
        "builtins.list",
        "data.Corpus",
        "data.Dictionary",
        "fastcore.foundation.L",
        "flair.data.Dictionary",
        "locked_dropout.LockedDropout",
        "model.CharRNN",
        "model.RNNModel",
        "numpy._core.multiarray.scalar",
        "numpy.core.multiarray.scalar",
        "numpy.dtype",
        "splitcross.SplitCrossEntropyLoss",
        "torch.backends.cudnn.rnn.Unserializable",
        "torch.device",
        "torch.nn.backends.thnn._get_thnn_function_backend",
        "torch.nn.parallel.data_parallel.DataParallel",
        "torch.optim.adam.Adam",
        "torch.optim.asgd.ASGD",
        "torch.optim.sgd.SGD",
        "weight_drop.WeightDrop",
    }
)
