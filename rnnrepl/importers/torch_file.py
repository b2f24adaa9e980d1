"""A reader for files of `torch.save` without torch: the zip layout, and the legacy one before 1.6.

Shapes, strides and offsets are checked against their storage, and each storage against the bytes in
the file, so no array is ever larger than the file.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from math import prod
from typing import Any, Final, cast
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.pickles import GlobalName, damaged, load
from rnnrepl.rnn.network import Floats

# The legacy layout begins with a pickled magic number and a pickled version.
MAGIC: Final = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
VERSION: Final = 1001
ZIP: Final = b"PK\x03\x04"

_DTYPES: Final = {
    "BFloat16": "<u2",  # the upper 16 bits of a float32
    "Bool": "?",
    "Byte": "u1",
    "Char": "i1",
    "Double": "<f8",
    "Float": "<f4",
    "Half": "<f2",
    "Int": "<i4",
    "Long": "<i8",
    "Short": "<i2",
}
_MAX_DIMENSIONS = 8


@dataclass(slots=True, eq=False)
class Storage:
    """A flat array of one type; the legacy layout stores its values after the pickle."""

    type: str
    size: int
    values: npt.NDArray[Any] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(_DTYPES[self.type])

    def fill(self, data: bytes | memoryview) -> None:
        """Sets the values; raises RnnreplError where the number of bytes does not match."""
        if len(data) != self.size * self.dtype.itemsize:
            raise damaged("weights are missing")
        self.values = np.frombuffer(data, self.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A strided view of a storage, in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def array(self) -> Floats:
        """The values as an array that shares memory with the storage; bfloat16 becomes float32."""
        values = self.storage.values
        if values is None:
            raise damaged("weights are missing")
        if self.storage.type == "BFloat16":
            values = (values.astype(np.uint32) << 16).view(np.float32)
        strides = [stride * values.itemsize for stride in self.strides]
        return cast(Floats, as_strided(values[self.offset :], self.shape, strides))


def read(content: bytes) -> Any:
    """The saved value, of plain values, `Tensor` and `StubObject`; None for other files.

    Raises RnnreplError for a file that is damaged, too old, or uses a global that is not allowed.
    """
    if content.startswith(ZIP):
        return _Zip(content).read()
    if MAGIC in content[:32]:
        return _read_legacy(BytesIO(content))
    if content[257:262] == b"ustar":
        raise RnnreplError(
            "The file has the layout of torch 0.1: load it with torch 0.2 to 0.4 and save it again."
        )
    return None


# --- the zip layout -----------------------------------------------------------------------------


class _Zip:
    """An uncompressed archive: `data.pkl`, and each storage as a file in `data/`."""

    def __init__(self, content: bytes) -> None:
        self.storages: dict[str, Storage] = {}
        try:
            self.archive = ZipFile(BytesIO(content))
            entries = self.archive.infolist()
        except Exception as error:  # zipfile raises many types of error
            raise damaged("its archive cannot be read") from error
        if any(entry.compress_type != ZIP_STORED for entry in entries):
            raise damaged("its archive is compressed, which torch does not do")
        if sum(entry.file_size for entry in entries) > len(content):
            raise damaged("the entries of its archive overlap")
        pickles = [entry.filename for entry in entries if entry.filename.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise RnnreplError("The file is a zip archive, but not one that torch wrote.")
        self.root = pickles[0].removesuffix("data.pkl")

    def read(self) -> Any:
        if f"{self.root}byteorder" in self.archive.namelist():
            _check_byte_order(self.entry("byteorder") == b"little")
        return load(BytesIO(self.entry("data.pkl")), self.storage, _FUNCTIONS)

    def entry(self, name: str) -> bytes:
        """The bytes of an entry, with its checksum verified."""
        try:
            return self.archive.read(self.root + name)
        except Exception as error:  # see above
            raise damaged(f"{name} in its archive cannot be read") from error

    def storage(self, id: Any) -> Storage:
        storage, key = _storage_of(id)
        if key not in self.storages:
            storage.fill(self.entry(f"data/{key}"))
            self.storages[key] = storage
        return _consistent(self.storages[key], storage)


# --- the legacy layout --------------------------------------------------------------------------


def _read_legacy(stream: BytesIO) -> Any:
    """Five pickles (magic, version, system info, value, storage keys), then the storages."""
    storages: dict[str, Storage] = {}

    def persistent(id: Any) -> Storage | GlobalName:
        match id:
            case ("module", GlobalName() as name, _, _):  # the last is its source code
                return name
        storage, key = _storage_of(id)
        return _consistent(storages.setdefault(key, storage), storage)

    _, version, system = (load(stream) for _ in range(3))
    if version != VERSION or not isinstance(system, dict):
        raise damaged("its version is not one that torch wrote")
    _check_byte_order(system.get("little_endian") is True)
    value = load(stream, persistent, _FUNCTIONS)
    keys = load(stream)
    if not isinstance(keys, list) or not all(isinstance(key, str | int) for key in keys):
        raise damaged("its list of storages is malformed")
    if sorted(map(str, keys)) != sorted(storages):
        raise damaged("its list of storages does not match its model")
    rest = stream.getbuffer()[stream.tell() :]
    for key in keys:
        storage = storages[str(key)]
        end = 8 + storage.size * storage.dtype.itemsize
        if int.from_bytes(rest[:8], "little") != storage.size:
            raise damaged("weights are missing")
        storage.fill(rest[8:end])
        rest = rest[end:]
    return value


# --- storages and tensors -----------------------------------------------------------------------


def _storage_of(id: Any) -> tuple[Storage, str]:
    """The storage that a persistent id describes, without its values, and its key."""
    if not isinstance(id, tuple) or len(id) not in (5, 6) or id[0] != "storage":
        raise damaged("its pickle refers to data outside itself")
    _, name, key, _, size, *view = id
    qualified = name.qualified if isinstance(name, GlobalName) else ""
    type = qualified.rpartition(".")[2].removesuffix("Storage")
    if type not in _DTYPES or not isinstance(key, str | int) or view not in ([], [None]):
        raise damaged("its pickle refers to a storage of an unknown type")
    if not _are_sizes([size]):
        raise damaged("a storage has an invalid size")
    return Storage(type, size), str(key)


def _consistent(known: Storage, storage: Storage) -> Storage:
    if (known.type, known.size) != (storage.type, storage.size):
        raise damaged("a storage has two types or sizes")
    return known


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    """torch._utils._rebuild_tensor_v2, with the view checked against its storage."""
    sizes_fit = isinstance(shape, tuple) and isinstance(strides, tuple)
    if not isinstance(storage, Storage) or not sizes_fit or not len(shape) == len(strides):
        raise damaged("a tensor is malformed")
    if not _are_sizes([offset, *shape, *strides]) or len(shape) > _MAX_DIMENSIONS:
        raise damaged("a tensor has an invalid shape")
    # The stride of a dimension of size 1 is not used.
    strides = tuple(stride if n > 1 else 0 for n, stride in zip(shape, strides, strict=True))
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if not prod(shape):
        return Tensor(storage, 0, (0,), (0,))
    if last >= storage.size or prod(shape) > storage.size:
        raise damaged("a tensor reaches beyond its storage")
    return Tensor(storage, offset, shape, strides)


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise damaged("a parameter is not a tensor")
    return tensor


def _are_sizes(numbers: Iterable[Any]) -> bool:
    return all(type(number) is int and 0 <= number < 1 << 62 for number in numbers)


def _check_byte_order(little: bool) -> None:
    if not little:
        raise RnnreplError("The file was written on a big-endian machine, which is not supported.")


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch.nn.parameter.Parameter": _parameter,
}
