"""A pickle reader that runs no code: plain values, and inert stubs for objects of known classes.

A pickle is a program for a small stack machine. This machine implements the opcodes that build
values. A global that a pickle refers to must be listed here: objects of CLASSES become stubs that
only hold attributes, and FUNCTIONS map to safe functions of this module. Any other global is
refused. `pickletools.genops` splits the bytes into opcodes and does nothing else.
"""

from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass, field
from io import BytesIO
from pickletools import genops
from typing import Any, Final
from warnings import catch_warnings

from rnnrepl.errors import RnnreplError

MAX_OPERATIONS = 4_000_000  # opcodes and copied values: far more than any vocabulary needs


@dataclass(frozen=True, slots=True)
class GlobalName:
    """A global that a pickle refers to, such as `torch.FloatStorage`."""

    qualified: str


@dataclass(slots=True, eq=False)
class StubObject:
    """An inert object: the name of its class, and its attributes as plain data."""

    class_name: str
    attributes: dict[str, Any] = field(default_factory=dict)


def damaged(reason: str) -> RnnreplError:
    """The error for a file that its program would not have written."""
    return RnnreplError(f"The file is damaged or malicious: {reason}.")


def no_persistent_load(id: Any) -> Any:
    """Refuses a persistent id, which refers to data outside the pickle."""
    raise damaged("its pickle refers to data outside itself")


def load(
    stream: BytesIO,
    persistent: Callable[[Any], Any] = no_persistent_load,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """Reads one pickle from the stream, which is left positioned after it.

    `persistent` resolves persistent ids; `functions` adds to FUNCTIONS, by qualified name. Raises
    RnnreplError for a pickle that is truncated, malformed or too long, and for one that uses a
    global or an opcode that is not allowed.
    """
    machine = _Machine(persistent, FUNCTIONS | dict(functions or {}))
    try:
        with catch_warnings(action="ignore"):  # pickletools warns of odd escapes
            for instruction, argument, _ in genops(stream):
                if instruction.name == "STOP":
                    return machine.pop()
                machine.do(instruction.name, argument)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise damaged("its pickle is malformed") from error
    raise damaged("its pickle has no STOP opcode")


class _Machine:
    """The stack and memo of a pickle, and the opcodes that change them."""

    def __init__(self, persistent: Callable[[Any], Any], functions: "_Functions") -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.persistent = persistent
        self.functions = functions
        self.operations_left = MAX_OPERATIONS

    def do(self, name: str, argument: Any) -> None:
        """Executes one opcode."""
        self.spend(1)
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        else:
            raise damaged(f"its pickle has the opcode {name}")

    def spend(self, values: int) -> None:
        """Counts operations, which bounds time and memory."""
        self.operations_left -= values
        if self.operations_left < 0:
            raise damaged("its pickle is too long")

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise damaged("its pickle is malformed")
        return value

    def since_mark(self) -> list[Any]:
        """Pops everything above the last mark, and the mark."""
        mark = len(self.stack) - 1
        while self.stack[mark] is not _MARK:
            mark -= 1
        values = self.stack[mark + 1 :]
        del self.stack[mark:]
        return values

    def top(self, kind: type) -> Any:
        """The value on top of the stack, which must be of this type."""
        value = self.stack[-1]
        if not isinstance(value, kind):
            raise damaged("its pickle is malformed")
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

    def push_global(self, module: Any, name: Any) -> None:
        qualified = f"{module}.{name}"
        if qualified not in CLASSES and qualified not in self.functions:
            raise RnnreplError(
                f"The file refers to {qualified[:80]!r}, which no supported model needs: "
                "it is not opened."
            )
        self.stack.append(GlobalName(qualified))

    def push_stack_global(self) -> None:
        name, module = self.pop(), self.pop()
        self.push_global(module, name)

    def call(self) -> None:
        """Calls a function of FUNCTIONS, or makes a stub of a class."""
        arguments, name = self.pop(), self.pop()
        if not isinstance(arguments, tuple) or not isinstance(name, GlobalName):
            raise damaged("its pickle calls a value that is not a global")
        self.spend(sum(len(a) for a in arguments if isinstance(a, Sized)))
        function = self.functions.get(name.qualified)
        self.stack.append(function(*arguments) if function else StubObject(name.qualified))

    def build(self) -> None:
        """Sets the attributes of a stub; other values have none."""
        state = self.pop()
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict) and isinstance(self.stack[-1], StubObject):
                self.spend(len(part))
                self.stack[-1].attributes.update(part)


_Functions = Mapping[str, Callable[..., Any]]


def _key(value: Any) -> Any:
    """A value that is safe as a key: nested tuples could overflow the stack when hashed."""
    if value is None or isinstance(value, str | bytes | int | float):
        return value
    raise damaged("its pickle has a key of another type")


def _ordered(pairs: Iterable[Any] = ()) -> dict[Any, Any]:
    return {_key(key): value for key, value in pairs}


def _set(values: Iterable[Any] = ()) -> set[Any]:
    return {_key(value) for value in values}


def _bytes(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise damaged("its pickle has bytes in an unknown encoding")
    return text.encode("latin-1")


_MARK: Final = object()

_NUMBER_OPCODES = "BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT"
_TEXT_OPCODES = "BINSTRING SHORT_BINSTRING BINUNICODE SHORT_BINUNICODE BINUNICODE8"
_BYTES_OPCODES = "BINBYTES SHORT_BINBYTES BINBYTES8"
_LITERALS: Final = frozenset(f"{_NUMBER_OPCODES} {_TEXT_OPCODES} {_BYTES_OPCODES}".split())
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
_ACTIONS: Final[Mapping[str, Callable[[_Machine, Any], Any]]] = {
    "PROTO": lambda m, _: None,
    "FRAME": lambda m, _: None,
    "POP": lambda m, _: m.stack.pop(),
    "POP_MARK": lambda m, _: m.since_mark(),
    "BINPUT": lambda m, index: m.memo.update({index: m.top(object)}),
    "LONG_BINPUT": lambda m, index: m.memo.update({index: m.top(object)}),
    "MEMOIZE": lambda m, _: m.memo.update({len(m.memo): m.top(object)}),
    "BINGET": lambda m, index: m.stack.append(m.memo[index]),
    "LONG_BINGET": lambda m, index: m.stack.append(m.memo[index]),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m, _: m.tuple(1),
    "TUPLE2": lambda m, _: m.tuple(2),
    "TUPLE3": lambda m, _: m.tuple(3),
    "APPEND": lambda m, _: (value := m.pop(), m.top(list).append(value)),
    "APPENDS": lambda m, _: (values := m.since_mark(), m.top(list).extend(values)),
    "ADDITEMS": lambda m, _: (values := m.since_mark(), m.top(set).update(map(_key, values))),
    "SETITEM": lambda m, _: m.set_item(),
    "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
    "GLOBAL": lambda m, names: m.push_global(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.push_stack_global(),
    "REDUCE": lambda m, _: m.call(),
    "NEWOBJ": lambda m, _: m.call(),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.stack.append(m.persistent(m.pop())),
}

# Globals that a pickle may call, and the safe functions that are called instead.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "_codecs.encode": _bytes,
    "__builtin__.bytes": lambda: b"",  # protocol 2 writes other bytes as text
    "__builtin__.getattr": lambda *_: None,  # a bound method, which is never called
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

# Classes whose objects become stubs: of supported models and of the values stored beside them.
CLASSES: Final = frozenset(
    {
        *(f"torch.nn.modules.{name}" for name in _MODULES.split()),
        *(f"torch.{name}Storage" for name in _STORAGES.split()),
        *(f"torch.cuda.{name}Storage" for name in _STORAGES.split()),
        "__builtin__.dict",
        "__builtin__.int",
        "__builtin__.list",
        "__main__.CharRNN",  # a model class defined in the training script
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
