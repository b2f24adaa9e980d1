"""Files of Torch7 (`torch.save` of Lua, binary), read without Lua; functions in them stay bytes.

Every value begins with its kind. Tables, objects and functions have a number under which they may
stand again, also inside themselves. Sizes are checked against the bytes that are there, so nothing
is ever larger than the file; depth costs no stack.
"""

import re
import struct
from collections.abc import Generator
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.pickles import damaged
from rnnrepl.importers.torch_file import Storage, Tensor

# A file begins with a table, and that with its number, which is 1.
MAGIC: Final = struct.pack("<ii", 3, 1)
_NIL, _NUMBER, _STRING, _TABLE, _OBJECT, _BOOLEAN, _FUNCTION = range(7)
_CLOSURES = (7, 8)  # functions too, before and after upvalues had names
_DIMENSIONS = 8  # no weight has more
# Arrays on a GPU are written as those of the CPU; one without a kind there is of float32.
_ARRAYS = re.compile(
    r"torch\.(?:Cuda)?(?P<kind>Byte|Char|Double|Float|Half|Int|Long|Short|(?<=Cuda))(?P<what>Tensor|Storage)"
)
_OTHER_ARRAYS = re.compile(r"torch\.\w*(Tensor|Storage)")

Reading = Generator["Reading", Any, Any]


@dataclass(eq=False)
class Table:
    """A table of Lua; numbers that are whole are ints, text is bytes. It may hold itself."""

    entries: dict[Any, Any] = field(default_factory=dict)

    def get(self, *path: str) -> Any:
        """What is found by one key after another; None where there is nothing."""
        found: Any = self
        for key in path:
            found = found.entries.get(key.encode()) if isinstance(found, Table) else None
        return found

    def items(self, *path: str) -> list[Any]:
        """The values at 1, 2, 3, ... of the table that is found."""
        found = self.get(*path)
        values: list[Any] = []
        while isinstance(found, Table) and len(values) + 1 in found.entries:
            values.append(found.entries[len(values) + 1])
        return values


@dataclass(eq=False)
class Object(Table):
    """An object of a class of Torch, or a function: its fields, and the name of what it was."""

    kind: str = ""


def read(content: bytes) -> Table | None:
    """The table that was saved; None where it is no file of Torch7.

    Raises RnnreplError, one sentence, where it is damaged.
    """
    if not content.startswith(MAGIC):
        return None
    stream = _Stream(content)
    found = _run(stream.value())
    if not isinstance(found, Table) or stream.at != len(content):
        raise damaged("it does not end where it should")
    return found


def _run(reading: Reading) -> Any:
    """Runs a reading; one that it waits for is put on a list of ours, not on Python's stack."""
    waiting, value = [reading], None
    while waiting:
        try:
            waiting.append(waiting[-1].send(value))
            value = None
        except StopIteration as done:
            waiting.pop()
            value = done.value
    return value


class _Stream:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0
        self.known: dict[int, Any] = {}

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.at + size
        if size < 0 or end > len(self.content):
            raise damaged("it ends too early")
        taken, self.at = self.content[self.at : end], end
        return taken

    def numbers(self, kind: str, count: int = 1) -> tuple[Any, ...]:
        if count < 0:
            raise damaged("it has a negative size")
        form = f"<{count}{kind}"
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def whole(self) -> int:
        found: int = self.numbers("i")[0]
        return found

    def string(self) -> bytes:
        return self.take(self.whole())

    def value(self) -> Reading:
        """Any value: a generator that yields each reading it waits for, and is sent its value."""
        kind = self.whole()
        if kind == _NIL:
            return None
        if kind == _NUMBER:
            (number,) = self.numbers("d")
            return int(number) if number.is_integer() else number
        if kind == _STRING:
            return self.string()
        if kind == _BOOLEAN:
            return self.whole() == 1
        if kind == _FUNCTION:
            return (yield self.function())
        if kind not in (_TABLE, _OBJECT, *_CLOSURES):
            raise damaged(f"it holds a value of the unknown kind {kind}")
        number = self.whole()
        if number in self.known:
            return self.known[number]
        if kind == _TABLE:
            return (yield self.table(number))
        return (yield self.object(number) if kind == _OBJECT else self.function(number))

    def table(self, number: int) -> Reading:
        found = self.known[number] = Table()
        for _ in range(self.whole()):
            key = yield self.value()
            found.entries[key] = yield self.value()
        return found

    def function(self, number: int = 0) -> Reading:
        """Bytecode, which nobody reads, and the values that it uses."""
        found = Object(kind="function")
        if number:
            self.known[number] = found
        self.string()
        return (yield self.fields(found))

    def object(self, number: int) -> Reading:
        version = self.string()
        kind = (self.string() if version.startswith(b"V ") else version).decode("latin-1")
        if array := _ARRAYS.fullmatch(kind):
            made = (
                self.storage(array["kind"]) if array["what"] == "Storage" else (yield self.tensor())
            )
            self.known[number] = made
            return made
        if _OTHER_ARRAYS.fullmatch(kind):
            raise RnnreplError(f"The file holds numbers as {kind}: save it from the CPU instead.")
        found = self.known[number] = Object(kind=kind)
        return (yield self.fields(found))

    def fields(self, found: Object) -> Reading:
        """The table behind an object."""
        table = yield self.value()
        if not isinstance(table, Table):
            raise damaged(f"{found.kind!r} has no fields")
        found.entries = table.entries
        return found

    def storage(self, kind: str) -> Storage:
        (size,) = self.numbers("q")
        found = Storage(kind or "Float", size)  # that of torch.CudaStorage
        found.fill(self.take(size * found.dtype.itemsize))
        return found

    def tensor(self) -> Reading:
        """A `Tensor`; None where it has no numbers, or shows some of them more than once."""
        dimensions = self.whole()
        if not 0 <= dimensions <= _DIMENSIONS:
            raise damaged(f"a tensor has {dimensions} dimensions")
        shape, strides = self.numbers("q", dimensions), self.numbers("q", dimensions)
        (first,) = self.numbers("q")
        storage = yield self.value()
        if storage is None or not dimensions:
            return None
        if not isinstance(storage, Storage) or min(first - 1, *shape, *strides) < 0:
            raise damaged("a tensor makes no sense")
        last = first + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        if prod(shape) and last > storage.size:
            raise damaged("a tensor reaches beyond its numbers")
        return (
            Tensor(storage, first - 1, shape, strides) if 0 < prod(shape) <= storage.size else None
        )
