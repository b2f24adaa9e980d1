"""A pickle reader that runs no code: plain values, and inert stubs for objects of any class.

A pickle is a program for a small stack machine. This machine implements the opcodes that build
values. A global is only a name and is never imported: an instance of any class becomes a stub that
holds data, and a call is refused unless `pickle_globals` lists it. The readers of `pickletools`
split the bytes into opcodes and do nothing else.
"""

import codecs
import pickletools
import re
from collections.abc import Callable, Mapping, Sized
from io import BytesIO
from typing import Any, Final
from warnings import catch_warnings

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.arrays import NumpyArray, NumpyDtype
from rnnrepl.importers.pickle_globals import CALLED_CLASSES, FUNCTIONS, checked_key
from rnnrepl.importers.stubs import GlobalName, StubObject, damaged

# How a pickle begins: with its protocol, or in protocol 0 with a container or a class.
_PICKLE = re.compile(rb"\x80[\2-\5]|\([dl]p?\d|\]q|\}q|c(?:copy_reg|__main__|numpy[\w.]*)\n")

MAX_OPERATIONS = 4_000_000  # opcodes and copied values: far more than any vocabulary needs


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
    RnnreplError for a pickle that is truncated, malformed or too long, and for one that calls a
    function or uses an opcode that is not allowed.
    """
    machine = _Machine(persistent, FUNCTIONS | dict(functions or {}))
    try:
        with catch_warnings(action="ignore"):  # pickletools warns of odd escapes
            while (opcode := _OPCODES[stream.read(1)]).name != "STOP":
                machine.do(opcode.name, _argument(opcode, stream))
            return machine.pop()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise damaged("its pickle is malformed") from error


def _argument(opcode: pickletools.OpcodeInfo, stream: BytesIO) -> Any:
    """Reads the argument of an opcode; None where it has none."""
    if opcode.name == "STRING":  # bytes of Python 2, which pickletools decodes as ASCII
        escaped = pickletools.read_stringnl(stream, decode=False)
        return codecs.escape_decode(escaped)[0].decode("latin-1")
    return opcode.arg.reader(stream) if opcode.arg else None


def read(
    content: bytes, functions: Mapping[str, Callable[..., Any]] | None = None
) -> tuple[Any] | None:
    """The value of a file that is a pickle, as a tuple of one; None for other files."""
    if not _PICKLE.match(content):
        return None
    return (load(BytesIO(content), functions=functions),)


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
        target = self.stack[-1]
        entries = target.entries if isinstance(target, StubObject) else self.top(dict)
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            entries[checked_key(key)] = value

    def dict(self) -> None:
        pairs = self.since_mark()
        self.stack.append({})
        self.set_items(pairs)

    def add(self, values: list[Any]) -> None:
        self.top(set).update(map(checked_key, values))

    def append(self, values: list[Any]) -> None:
        target = self.stack[-1]
        elements = target.elements if isinstance(target, StubObject) else self.top(list)
        elements.extend(values)

    def push_stack_global(self) -> None:
        name, module = self.pop(), self.pop()
        self.stack.append(GlobalName(f"{module}.{name}"))

    def call(self, is_class: bool = False) -> None:
        """Calls a function of FUNCTIONS, or makes a stub of a class."""
        arguments, name = self.pop(), self.pop()
        if not isinstance(arguments, tuple) or not isinstance(name, GlobalName):
            raise damaged("its pickle calls a value that is not a global")
        self.spend(sum(len(a) for a in arguments if isinstance(a, Sized)))
        function = self.functions.get(name.qualified)
        if function is None and not is_class and name.qualified not in CALLED_CLASSES:
            raise RnnreplError(
                f"The file calls {name.qualified[:80]!r}, which no supported model needs: "
                "it is not opened."
            )
        self.stack.append(function(*arguments) if function else StubObject(name.qualified))

    def build(self) -> None:
        """Sets the state of a stub or an array; other values have none."""
        state, target = self.pop(), self.stack[-1]
        if isinstance(target, StubObject | NumpyArray | NumpyDtype):
            self.spend(target.set_state(state))

    def new_object_with_keywords(self) -> None:
        self.pop()  # keyword arguments of __new__
        self.call(is_class=True)

    def old_style_object(self, name: str) -> None:
        """An instance of a class of Python 2 without arguments; others would be a call."""
        if self.since_mark():
            raise damaged("its pickle calls a value that is not a global")
        self.stack.append(StubObject(name))


_Functions = Mapping[str, Callable[..., Any]]


_MARK: Final = object()
_OPCODES: Final = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}

_NUMBER_OPCODES = "BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT INT LONG FLOAT"
_TEXT_OPCODES = "BINSTRING SHORT_BINSTRING BINUNICODE SHORT_BINUNICODE BINUNICODE8 STRING UNICODE"
_BYTES_OPCODES = "BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
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
    "PUT": lambda m, index: m.memo.update({index: m.top(object)}),
    "BINPUT": lambda m, index: m.memo.update({index: m.top(object)}),
    "LONG_BINPUT": lambda m, index: m.memo.update({index: m.top(object)}),
    "MEMOIZE": lambda m, _: m.memo.update({len(m.memo): m.top(object)}),
    "GET": lambda m, index: m.stack.append(m.memo[index]),
    "BINGET": lambda m, index: m.stack.append(m.memo[index]),
    "LONG_BINGET": lambda m, index: m.stack.append(m.memo[index]),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m, _: m.tuple(1),
    "TUPLE2": lambda m, _: m.tuple(2),
    "TUPLE3": lambda m, _: m.tuple(3),
    "LIST": lambda m, _: m.stack.append(m.since_mark()),
    "DICT": lambda m, _: m.dict(),
    "APPEND": lambda m, _: m.append([m.pop()]),
    "APPENDS": lambda m, _: m.append(m.since_mark()),
    "ADDITEMS": lambda m, _: (
        values := m.since_mark(),
        m.top(set).update(map(checked_key, values)),
    ),
    "SETITEM": lambda m, _: m.set_item(),
    "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
    "GLOBAL": lambda m, names: m.stack.append(GlobalName(names.replace(" ", ".", 1))),
    "STACK_GLOBAL": lambda m, _: m.push_stack_global(),
    "REDUCE": lambda m, _: m.call(),
    "NEWOBJ": lambda m, _: m.call(is_class=True),
    "NEWOBJ_EX": lambda m, _: m.new_object_with_keywords(),
    "INST": lambda m, names: m.old_style_object(names.replace(" ", ".", 1)),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.stack.append(m.persistent(m.pop())),
}
