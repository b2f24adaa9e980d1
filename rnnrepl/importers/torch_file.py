"""Files of torch.save, read without torch: the zip layout, and the plain one from before 1.6.

Shapes, strides and offsets are checked against the storage they look into, and each storage against
the bytes that are there, so that nothing is ever larger than the file.
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
from rnnrepl.importers.pickles import Name, damaged, load
from rnnrepl.rnn.network import Floats

# How torch marks the plain layout: a pickled number, and its version as another.
MAGIC: Final = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
VERSION: Final = 1001
ZIP: Final = b"PK\x03\x04"

_DTYPES: Final = {
    "BFloat16": "<u2",  # the upper half of a float32
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
_DIMENSIONS = 8  # no weight has more


@dataclass(slots=True, eq=False)
class Storage:
    """Numbers of one kind in a row; in the plain layout they are known only after the pickle."""

    kind: str
    size: int
    numbers: npt.NDArray[Any] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(_DTYPES[self.kind])

    def fill(self, data: bytes | memoryview) -> None:
        """Takes the bytes; raises RnnreplError where they are not as many as they shall be."""
        if len(data) != self.size * self.dtype.itemsize:
            raise damaged("weights are missing")
        self.numbers = np.frombuffer(data, self.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A look into a storage: numbers from `offset` on, in strides."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    def array(self) -> Floats:
        """The numbers, not copied; those of a bfloat16 as float32."""
        numbers = self.storage.numbers
        if numbers is None:
            raise damaged("weights are missing")
        if self.storage.kind == "BFloat16":
            numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
        strides = [stride * numbers.itemsize for stride in self.strides]
        return cast(Floats, as_strided(numbers[self.offset :], self.shape, strides))


def read(content: bytes) -> Any:
    """What was saved: plain values, `Tensor` and `Standin`; None where it is no file of torch.

    Raises RnnreplError, one sentence, where it is damaged, too old, or holds what is not known.
    """
    if content.startswith(ZIP):
        return _Zip(content).read()
    if MAGIC in content[:32]:
        return _plain(BytesIO(content))
    if content[257:262] == b"ustar":
        raise RnnreplError(
            "The file has the layout of torch 0.1: load and save it with a torch of 0.2 to 0.4."
        )
    return None


# --- the zip layout -----------------------------------------------------------------------------


class _Zip:
    """An archive that is not compressed: `data.pkl`, and each storage as a file in `data/`."""

    def __init__(self, content: bytes) -> None:
        self.storages: dict[str, Storage] = {}
        try:
            self.archive = ZipFile(BytesIO(content))
            entries = self.archive.infolist()
        except Exception as error:  # zipfile has no one error for what can be wrong
            raise damaged("its archive cannot be read") from error
        if any(entry.compress_type != ZIP_STORED for entry in entries):
            raise damaged("its archive is compressed, which torch never does")
        if sum(entry.file_size for entry in entries) > len(content):
            raise damaged("the parts of its archive overlap")
        pickles = [entry.filename for entry in entries if entry.filename.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise RnnreplError("The file is a zip archive, but none that torch has written.")
        self.home = pickles[0].removesuffix("data.pkl")

    def read(self) -> Any:
        if f"{self.home}byteorder" in self.archive.namelist():
            _check_order(self.part("byteorder") == b"little")
        return load(BytesIO(self.part("data.pkl")), self.storage, _FUNCTIONS)

    def part(self, name: str) -> bytes:
        """A file of the archive, its checksum compared."""
        try:
            return self.archive.read(self.home + name)
        except Exception as error:  # as above
            raise damaged(f"{name} in its archive cannot be read") from error

    def storage(self, id: Any) -> Storage:
        storage, key = _described(id)
        if key not in self.storages:
            storage.fill(self.part(f"data/{key}"))
            self.storages[key] = storage
        return _same(self.storages[key], storage)


# --- the plain layout ---------------------------------------------------------------------------


def _plain(stream: BytesIO) -> Any:
    """Pickles in a row (magic, version, machine, value, the storages' keys), then the storages."""
    storages: dict[str, Storage] = {}

    def persistent(id: Any) -> Storage | Name:
        match id:
            case ("module", Name() as name, _, _):  # the last is its source, which nobody reads
                return name
        storage, key = _described(id)
        return _same(storages.setdefault(key, storage), storage)

    _, version, machine = (load(stream) for _ in range(3))
    if version != VERSION or not isinstance(machine, dict):
        raise damaged("its version is none that torch has written")
    _check_order(machine.get("little_endian") is True)
    value = load(stream, persistent, _FUNCTIONS)
    keys = load(stream)
    if not isinstance(keys, list) or not all(isinstance(key, str | int) for key in keys):
        raise damaged("its list of weights makes no sense")
    if sorted(map(str, keys)) != sorted(storages):
        raise damaged("its list of weights is not that of its model")
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


def _described(id: Any) -> tuple[Storage, str]:
    """The storage that a pickle refers to, and its key."""
    if not isinstance(id, tuple) or len(id) not in (5, 6) or id[0] != "storage":
        raise damaged("its pickle refers to something outside")
    _, name, key, _, size, *view = id
    kind = name.full.rpartition(".")[2].removesuffix("Storage") if isinstance(name, Name) else ""
    if kind not in _DTYPES or not isinstance(key, str | int) or view not in ([], [None]):
        raise damaged("its pickle refers to weights of a kind that is not known")
    if not _counts([size]):
        raise damaged("weights have a size that is none")
    return Storage(kind, size), str(key)


def _same(known: Storage, storage: Storage) -> Storage:
    if (known.kind, known.size) != (storage.kind, storage.size):
        raise damaged("weights are described in two ways")
    return known


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    """As torch._utils._rebuild_tensor_v2, inside its storage."""
    sizes_fit = isinstance(shape, tuple) and isinstance(strides, tuple)
    if not isinstance(storage, Storage) or not sizes_fit or not len(shape) == len(strides):
        raise damaged("a tensor is not described as one")
    if not _counts([offset, *shape, *strides]) or len(shape) > _DIMENSIONS:
        raise damaged("a tensor has a shape that is none")
    # Where a dimension is 1 its stride is never taken.
    strides = tuple(step if n > 1 else 0 for n, step in zip(shape, strides, strict=True))
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if not prod(shape):
        return Tensor(storage, 0, (0,), (0,))
    if last >= storage.size or prod(shape) > storage.size:
        raise damaged("a tensor reaches beyond its weights")
    return Tensor(storage, offset, shape, strides)


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise damaged("a parameter is no tensor")
    return tensor


def _counts(numbers: Iterable[Any]) -> bool:
    return all(type(number) is int and 0 <= number < 1 << 62 for number in numbers)


def _check_order(little: bool) -> None:
    if not little:
        raise RnnreplError("The file was written on a machine with big-endian numbers.")


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch.nn.parameter.Parameter": _parameter,
}
