"""Writes arrays as safetensors: in their own dtype, or rounded to float32, float16 or bfloat16.

The format is a header in JSON and the bytes of the arrays. It is written here since the library
orders the metadata at random, and the same model is to give the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.network import Floats

DType = Literal["float32", "float16", "bfloat16"]
DTYPES: tuple[DType, ...] = get_args(DType)
CODES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}
ALIGNMENT = 8  # bytes of the header are a multiple


def pack(
    arrays: Mapping[str, Floats],
    dtype: DType | None = None,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Returns a safetensors file with these arrays, of `dtype` or else of their own.

    The same arguments give the same bytes. Raises RnnreplError for a weight that is too large for
    float16.
    """
    stored = {name: _encoded(name, array, dtype) for name, array in arrays.items()}
    # Wide numbers first, so that each array is aligned, as the library of the format writes them.
    order = sorted(stored, key=lambda name: (-stored[name].itemsize, name))
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in order:
        start, end = end, end + stored[name].nbytes
        code = CODES[dtype or stored[name].dtype.name]
        shape = list(arrays[name].shape)
        header[name] = {"dtype": code, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    blocks = (stored[name].tobytes() for name in order)
    return b"".join([len(text).to_bytes(8, "little"), text, *blocks])


def _encoded(name: str, array: Floats, dtype: DType | None) -> npt.NDArray[Any]:
    """The numbers as they are stored, little-endian: the bits of bfloat16 as whole numbers."""
    if dtype == "bfloat16":
        bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
        # Half of the last place is added, or just less before an even digit: ties go to even.
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")
    with np.errstate(over="ignore"):
        rounded = array.astype(np.dtype(dtype or array.dtype).newbyteorder("<"))
    if dtype == "float16" and not np.isfinite(rounded).all():
        raise RnnreplError(f"{name} has weights that are too large for float16: use bfloat16.")
    return rounded
