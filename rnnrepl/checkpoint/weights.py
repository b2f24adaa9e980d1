"""Reading weights from a safetensors file: float64, float32, float16 and bfloat16."""

import json
from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from rnnrepl.checkpoint.packing import CODES, DTYPES, DType
from rnnrepl.errors import RnnreplError
from rnnrepl.files import memory
from rnnrepl.files.reading import open_regular
from rnnrepl.rnn.config import Shape
from rnnrepl.rnn.network import Floats

MAX_WEIGHT = 1e6  # no training reaches it, and products of larger weights overflow
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 4}  # bytes of a number in memory


def read_weights(path: Path, shapes: Mapping[str, Shape], prefix: str = "") -> dict[str, Floats]:
    """Returns the arrays of these names and shapes, stored under `prefix` + name.

    Raises RnnreplError for a damaged file, and for a missing array, a wrong shape, another dtype
    (before anything is read into memory) and for values that are not `in_range`; OSError where
    the file cannot be opened.
    """
    open_regular(path).close()  # refuses what is not a file; safetensors does not
    try:
        with safe_open(path, framework="np") as file:
            names = {prefix + name: (name, shape) for name, shape in shapes.items()}
            _check(path, file, names)
            return {name: _array(path, file, key) for key, (name, _) in names.items()}
    except SafetensorError as error:
        raise RnnreplError(f"{path.name} is not a complete safetensors file ({error}).") from error


def stored_dtype(path: Path, names: Iterable[str]) -> DType | None:
    """Returns the dtype that all arrays of these names have in a file; None for several, or F64."""
    with safe_open(path, framework="np") as file:
        codes = {file.get_slice(name).get_dtype() for name in names}
    return next((dtype for dtype in DTYPES if codes == {CODES[dtype]}), None)


def in_range(weights: npt.NDArray[np.floating[Any]]) -> bool:
    """Returns whether all weights are finite and below MAX_WEIGHT in magnitude."""
    # Compared as floats, since the bound is out of the range of float16. NaN compares false.
    return float(weights.min()) > -MAX_WEIGHT and float(weights.max()) < MAX_WEIGHT


def _check(path: Path, file: Any, names: Mapping[str, tuple[str, Shape]]) -> None:
    stored, size = set(file.keys()), 0
    for key, (name, shape) in names.items():
        if key not in stored:
            raise RnnreplError(f"{path.name} lacks {name}.")
        header = file.get_slice(key)
        if tuple(header.get_shape()) != shape:
            raise RnnreplError(f"{name} has shape {tuple(header.get_shape())}, not {shape}.")
        dtype = header.get_dtype()
        if dtype not in SIZES:
            raise RnnreplError(
                f"{name} has dtype {dtype}: save it as float32 (F32), F16 or BF16 instead."
            )
        size += prod(shape) * SIZES[dtype]
    if size > memory.installed():
        raise RnnreplError(f"its weights need {size >> 30} GB of memory, more than there is.")


def _array(path: Path, file: Any, key: str) -> Floats:
    if file.get_slice(key).get_dtype() == "BF16":
        array = _bfloat16(path, key)
    else:
        array = cast(Floats, file.get_tensor(key))
    if not in_range(array):
        raise RnnreplError(f"{key} has values that are not finite or not below {MAX_WEIGHT:,.0f}.")
    return array


def _bfloat16(path: Path, key: str) -> Floats:
    """Reads an array that numpy has no dtype for: bfloat16 is the upper half of float32.

    The file begins with the size of its header, which is JSON; `safe_open` has checked both.
    """
    with open_regular(path) as file:
        size = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(size))[key]
        start, end = entry["data_offsets"]
        file.seek(8 + size + start)
        halves = np.frombuffer(file.read(end - start), "<u2").reshape(entry["shape"])
    return (halves.astype(np.uint32) << 16).view(np.float32)
