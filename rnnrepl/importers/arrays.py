"""Arrays as files describe them: views of torch storages, and pickled arrays of numpy.

Shapes, strides and offsets are checked against the bytes that hold the values, so no array is
larger than its file.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from rnnrepl.importers.stubs import damaged
from rnnrepl.rnn.network import Floats

MAX_DIMENSIONS = 8

DTYPES: Final = {
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
_NUMPY_DTYPE = re.compile(r"[<>|=]?(?:[biuf][1248]|[SU]\d{1,9}|O8?|\?)")


@dataclass(slots=True, eq=False)
class Storage:
    """A flat array of one type; the legacy layout of torch stores its values after the pickle."""

    type: str
    size: int
    values: npt.NDArray[Any] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(DTYPES[self.type])

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


def tensor_view(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    """torch._utils._rebuild_tensor_v2, with the view checked against its storage."""
    sizes_fit = isinstance(shape, tuple) and isinstance(strides, tuple)
    if not isinstance(storage, Storage) or not sizes_fit or not len(shape) == len(strides):
        raise damaged("a tensor is malformed")
    if not are_sizes([offset, *shape, *strides]) or len(shape) > MAX_DIMENSIONS:
        raise damaged("a tensor has an invalid shape")
    # The stride of a dimension of size 1 is not used.
    strides = tuple(stride if n > 1 else 0 for n, stride in zip(shape, strides, strict=True))
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if not prod(shape):
        return Tensor(storage, 0, (0,), (0,))
    if last >= storage.size or prod(shape) > storage.size:
        raise damaged("a tensor reaches beyond its storage")
    return Tensor(storage, offset, shape, strides)


def are_sizes(numbers: Iterable[Any]) -> bool:
    """Whether all are ints that can be sizes."""
    return all(type(number) is int and 0 <= number < 1 << 62 for number in numbers)


def is_shape(value: Any) -> bool:
    """Whether this can be the shape of an array; numpy multiplies all sizes but 0."""
    if not isinstance(value, tuple) or len(value) > MAX_DIMENSIONS or not are_sizes(value):
        return False
    return bool(prod(filter(None, value)) < 1 << 56)


# --- numpy ----------------------------------------------------------------------------------------


class NumpyDtype:
    """A pickled `numpy.dtype` of numbers, text or objects."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not _NUMPY_DTYPE.fullmatch(code):
            raise damaged("an array has an unknown type")
        self._code, self._order = code, ""

    def set_state(self, state: Any) -> int:
        """Takes the byte order."""
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "="):
            self._order = state[1].replace("=", "<")
        return 1

    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._code if self._order in ("", "|") else self._order + self._code)


class NumpyArray:
    """A pickled `numpy.ndarray`: numbers, text, or a list of objects."""

    def __init__(self, *_: Any) -> None:
        self._shape: tuple[int, ...] = (0,)
        self._order: Any = "C"
        self._dtype: np.dtype[Any] = np.dtype("f4")
        self._data: Any = b""

    def set_state(self, state: Any) -> int:
        """Takes (version, shape, dtype, is_fortran, data); returns the number of objects."""
        _, shape, dtype, is_fortran, data = state
        return self._set(shape, dtype, "F" if is_fortran else "C", data)

    @classmethod
    def from_buffer(cls, data: Any, dtype: Any, shape: Any, order: Any = "C", *_: Any) -> Any:
        """numpy.core.numeric._frombuffer, which protocol 5 calls."""
        array = cls()
        array._set(shape, dtype, order, data)
        return array

    def _set(self, shape: Any, dtype: Any, order: Any, data: Any) -> int:
        if not is_shape(shape):
            raise damaged("an array has an invalid shape")
        if not isinstance(dtype, NumpyDtype) or order not in ("C", "F"):
            raise damaged("an array is malformed")
        made = dtype.dtype()
        if isinstance(data, str):  # bytes of Python 2
            data = data.encode("latin-1")
        objects = made.hasobject
        if not objects and not isinstance(data, bytes | bytearray | memoryview):
            raise damaged("an array is malformed")
        size = prod(shape) * (1 if objects else made.itemsize)
        if objects is not isinstance(data, list) or len(data) != size or not made.itemsize:
            raise damaged("an array has another size than its data")
        self._shape, self._dtype, self._order, self._data = shape, made, order, data
        return len(data) if objects else 1

    @property
    def is_numeric(self) -> bool:
        return self._dtype.kind in "biuf"

    def array(self) -> npt.NDArray[Any]:
        """The numbers, in the byte order of this machine."""
        flat = np.frombuffer(self._data, self._dtype)
        flat = flat.astype(self._dtype.newbyteorder("="), copy=False)
        return flat.reshape(self._shape, order=self._order)

    def values(self) -> Any:
        """Text or objects as a list, or the only one of an array without dimensions."""
        if self._dtype.hasobject:
            values = list(self._data)
        else:
            values = np.frombuffer(self._data, self._dtype).tolist()
        return values if self._shape else values[0]


def numpy_scalar(dtype: Any, data: Any) -> Any:
    """numpy.core.multiarray.scalar as a number or text of Python."""
    if not isinstance(dtype, NumpyDtype) or not isinstance(data, bytes | str):
        raise damaged("a number of numpy is malformed")
    raw = data.encode("latin-1") if isinstance(data, str) else data
    made = dtype.dtype()
    if made.hasobject or len(raw) != made.itemsize or not raw:
        raise damaged("a number of numpy is malformed")
    return np.frombuffer(raw, made)[0].item()
