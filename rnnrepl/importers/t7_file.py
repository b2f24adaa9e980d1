"""A reader for binary files of Lua's Torch7 (`torch.save`) without Lua; functions stay bytes.

Every value begins with its type. Tables, objects and functions have a number, by which later values
refer to them, also from within. Sizes are checked against the bytes in the file, so no value is
larger than the file; nesting uses a heap-allocated stack, not Python's.
"""

import re
import struct
from collections.abc import Generator
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.arrays import Storage, Tensor
from rnnrepl.importers.stubs import damaged

# A file begins with a table, whose number is 1.
MAGIC: Final = struct.pack("<ii", 3, 1)
_NIL, _NUMBER, _STRING, _TABLE, _OBJECT, _BOOLEAN, _FUNCTION = range(7)
_CLOSURES = (7, 8)  # functions, before and after upvalues had names
_MAX_DIMENSIONS = 8
# CUDA arrays have the format of CPU arrays; a CUDA array without a type is float32.
_ARRAYS = re.compile(
    r"torch\.(?:Cuda)?(?P<type>Byte|Char|Double|Float|Half|Int|Long|Short|(?<=Cuda))(?P<class>Tensor|Storage)"
)
_OTHER_ARRAYS = re.compile(r"torch\.\w*(Tensor|Storage)")

Parse = Generator["Parse", Any, Any]


@dataclass(eq=False)
class LuaTable:
    """A Lua table, possibly cyclic; integral numbers are ints, strings are bytes."""

    entries: dict[Any, Any] = field(default_factory=dict)

    def get(self, *path: str) -> Any:
        """The value under nested keys; None where a key is missing."""
        value: Any = self
        for key in path:
            value = value.entries.get(key.encode()) if isinstance(value, LuaTable) else None
        return value

    def items(self, *path: str) -> list[Any]:
        """The values at 1, 2, 3, ... of the table under nested keys."""
        table = self.get(*path)
        values: list[Any] = []
        while isinstance(table, LuaTable) and len(values) + 1 in table.entries:
            values.append(table.entries[len(values) + 1])
        return values


@dataclass(eq=False)
class LuaObject(LuaTable):
    """An object of a Torch class, or a function: its fields and the name of its class."""

    class_name: str = ""


def read(content: bytes) -> LuaTable | None:
    """The saved table; None for other files.

    Raises RnnreplError for a damaged file.
    """
    if not content.startswith(MAGIC):
        return None
    stream = _Stream(content)
    table = _run(stream.value())
    if not isinstance(table, LuaTable) or stream.position != len(content):
        raise damaged("it has bytes after its end")
    return table


def _run(parse: Parse) -> Any:
    """Runs a parse and the nested ones it yields, without recursion."""
    stack, value = [parse], None
    while stack:
        try:
            stack.append(stack[-1].send(value))
            value = None
        except StopIteration as done:
            stack.pop()
            value = done.value
    return value


class _Stream:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.position = 0
        self.by_number: dict[int, Any] = {}

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.position + size
        if size < 0 or end > len(self.content):
            raise damaged("it is truncated")
        data, self.position = self.content[self.position : end], end
        return data

    def unpack(self, type: str, count: int = 1) -> tuple[Any, ...]:
        if count < 0:
            raise damaged("it has a negative size")
        layout = f"<{count}{type}"
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def int32(self) -> int:
        (number,) = self.unpack("i")
        return int(number)

    def string(self) -> bytes:
        return self.take(self.int32())

    def value(self) -> Parse:
        """Any value: a generator that yields each nested parse and is sent its value."""
        type = self.int32()
        if type == _NIL:
            return None
        if type == _NUMBER:
            (number,) = self.unpack("d")
            return int(number) if number.is_integer() else number
        if type == _STRING:
            return self.string()
        if type == _BOOLEAN:
            return self.int32() == 1
        if type == _FUNCTION:
            return (yield self.function())
        if type not in (_TABLE, _OBJECT, *_CLOSURES):
            raise damaged(f"it holds a value of the unknown type {type}")
        number = self.int32()
        if number in self.by_number:
            return self.by_number[number]
        if type == _TABLE:
            return (yield self.table(number))
        return (yield self.object(number) if type == _OBJECT else self.function(number))

    def table(self, number: int) -> Parse:
        table = self.by_number[number] = LuaTable()
        for _ in range(self.int32()):
            key = yield self.value()
            table.entries[key] = yield self.value()
        return table

    def function(self, number: int = 0) -> Parse:
        """Bytecode, which is skipped, and its upvalues."""
        function = LuaObject(class_name="function")
        if number:
            self.by_number[number] = function
        self.string()
        return (yield self.fields(function))

    def object(self, number: int) -> Parse:
        version = self.string()
        name = (self.string() if version.startswith(b"V ") else version).decode("latin-1")
        if match := _ARRAYS.fullmatch(name):
            if match["class"] == "Storage":
                array = self.storage(match["type"])
            else:
                array = yield self.tensor()
            self.by_number[number] = array
            return array
        if _OTHER_ARRAYS.fullmatch(name):
            raise RnnreplError(f"The file holds arrays of {name}: save it from the CPU instead.")
        object = self.by_number[number] = LuaObject(class_name=name)
        return (yield self.fields(object))

    def fields(self, object: LuaObject) -> Parse:
        """The table that follows an object."""
        table = yield self.value()
        if not isinstance(table, LuaTable):
            raise damaged(f"{object.class_name!r} has no fields")
        object.entries = table.entries
        return object

    def storage(self, type: str) -> Storage:
        (size,) = self.unpack("q")
        storage = Storage(type or "Float", size)  # torch.CudaStorage has no type in its name
        storage.fill(self.take(size * storage.dtype.itemsize))
        return storage

    def tensor(self) -> Parse:
        """A `Tensor`; None where it is empty or repeats elements of its storage."""
        dimensions = self.int32()
        if not 0 <= dimensions <= _MAX_DIMENSIONS:
            raise damaged(f"a tensor has {dimensions} dimensions")
        shape, strides = self.unpack("q", dimensions), self.unpack("q", dimensions)
        (first,) = self.unpack("q")
        storage = yield self.value()
        if storage is None or not dimensions:
            return None
        if not isinstance(storage, Storage) or min(first - 1, *shape, *strides) < 0:
            raise damaged("a tensor is malformed")
        last = first + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        if prod(shape) and last > storage.size:
            raise damaged("a tensor reaches beyond its storage")
        return (
            Tensor(storage, first - 1, shape, strides) if 0 < prod(shape) <= storage.size else None
        )
