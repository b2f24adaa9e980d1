"""A reader for ONNX graphs that `convert` wrote: their arrays and metadata, without onnx.

The file is a protocol buffer; the numbers of its fields are those of onnx.proto.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from rnnrepl.importers.arrays import MAX_DIMENSIONS
from rnnrepl.importers.stubs import damaged
from rnnrepl.rnn.network import Floats

_PRODUCER = b"\x12\x07rnnrepl"  # field 2 of ModelProto, near its beginning
_GRAPH, _METADATA = 7, 14  # fields of ModelProto
_INITIALIZER = 5  # of GraphProto
_KEY, _VALUE = 1, 2  # of StringStringEntryProto
_DIMS, _TYPE, _NAME, _RAW = 1, 2, 8, 9  # of TensorProto
_FLOAT = 1  # float32, a type of TensorProto
_VARINT, _BYTES, _SIZES = 0, 2, {1: 8, 5: 4}  # wire types, and the bytes of those of fixed size


@dataclass(frozen=True, slots=True)
class Graph:
    """The float32 arrays of a graph by name, and the metadata of its file."""

    arrays: dict[str, Floats]
    metadata: dict[str, str]


def read(content: bytes) -> Graph | None:
    """Reads a graph that `convert` wrote; None for other files.

    Raises RnnreplError for a damaged file.
    """
    if _PRODUCER not in content[:16]:
        return None
    arrays: dict[str, Floats] = {}
    metadata: dict[str, str] = {}
    try:
        for number, value in _fields(memoryview(content)):
            if number == _METADATA:
                entry = dict(_fields(_message(value)))
                metadata[_text(entry.get(_KEY))] = _text(entry.get(_VALUE))
            elif number == _GRAPH:
                parts = _fields(_message(value))
                arrays.update(_array(_message(part)) for n, part in parts if n == _INITIALIZER)
    except UnicodeDecodeError:
        raise damaged("a name in it is no text") from None
    return Graph(arrays, metadata)


def _array(tensor: memoryview) -> tuple[str, Floats]:
    """The name and the values of an array; no values for one of another type than float32."""
    fields = list(_fields(tensor))
    shape = [value for number, value in fields if number == _DIMS and isinstance(value, int)]
    only = dict(fields)
    name, data = _text(only.get(_NAME)), _message(only.get(_RAW))
    if only.get(_TYPE) != _FLOAT:
        return name, np.empty(0, np.float32)
    if len(shape) > MAX_DIMENSIONS or len(data) != 4 * prod(shape):
        raise damaged(f"the array {name!r} has another size")
    return name, np.frombuffer(data, "<f4").reshape(shape)


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The numbers and values of the fields of a message: an int, or bytes."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        size = _SIZES.get(kind, -1)
        if kind == _BYTES:
            size, position = _varint(data, position)
        if not 0 <= size <= len(data) - position:
            raise damaged("a field reaches beyond the file")
        yield number, data[position : position + size]
        position += size


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """A number of 7 bits a byte, lowest first, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            break
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
    raise damaged("a number in it does not end")


def _message(value: int | memoryview | None) -> memoryview:
    return value if isinstance(value, memoryview) else memoryview(b"")


def _text(value: int | memoryview | None) -> str:
    return bytes(_message(value)).decode()
