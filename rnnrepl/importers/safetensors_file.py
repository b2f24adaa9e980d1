"""A reader for safetensors files whose tensors are views of the file, also of bfloat16."""

import json
from typing import Any, Final

from rnnrepl.importers.arrays import Storage, Tensor, are_sizes, tensor_view
from rnnrepl.importers.stubs import damaged

_TYPES: Final = {
    "BF16": "BFloat16",
    "BOOL": "Bool",
    "F16": "Half",
    "F32": "Float",
    "F64": "Double",
    "I8": "Char",
    "I16": "Short",
    "I32": "Int",
    "I64": "Long",
    "U8": "Byte",
}


def read(content: bytes) -> dict[str, Any] | None:
    """The tensors by name; None for other files. Raises RnnreplError for a damaged file."""
    length = int.from_bytes(content[:8], "little")
    if content[8:9] != b"{" or length + 8 > len(content):
        return None
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict):
        return None
    data = memoryview(content)[8 + length :]
    metadata = header.pop("__metadata__", {})
    tensors: dict[str, Any] = {name: _tensor(entry, data) for name, entry in header.items()}
    return {"__metadata__": metadata, **tensors} if metadata else tensors


def _tensor(entry: Any, data: memoryview) -> Tensor:
    match entry:
        case {"dtype": str(type), "shape": [*shape], "data_offsets": [start, end]} if (
            type in _TYPES
        ):
            pass
        case _:
            raise damaged("a tensor is malformed")
    if not are_sizes([start, end, *shape]) or not start <= end <= len(data):
        raise damaged("a tensor reaches beyond the file")
    strides: list[int] = []
    size = 1
    for n in reversed(shape):
        strides.insert(0, size)
        size *= n
    storage = Storage(_TYPES[type], size)
    storage.fill(data[start:end])
    return tensor_view(storage, 0, tuple(shape), tuple(strides))
