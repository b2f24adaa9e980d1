"""The weights of a Keras model as a list of arrays, in the order of `Model.get_weights`."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnrepl.importers.arrays import NumpyArray
from rnnrepl.importers.keras_file import KerasFile, KerasLayer
from rnnrepl.rnn.network import Floats

_UNNAMED = re.compile(r"arr_\d+")  # how `np.savez` calls arrays without names
_GATES = (4, 3)  # lists of plain RNNs are read as hand-written cells


def read(value: Any) -> KerasFile | None:
    """The layers of a list of arrays, or of an .npz file of such; None for other values.

    A recurrent layer is a kernel (inputs, gates x H), a recurrent kernel (H, gates x H) and a bias;
    torch has them transposed.
    """
    if isinstance(value, dict) and all(_UNNAMED.fullmatch(str(name)) for name in value):
        value = list(value.values())
    if not isinstance(value, list | tuple):
        return None
    arrays = [
        each.array() if isinstance(each, NumpyArray) and each.is_numeric else each for each in value
    ]
    if not all(isinstance(array, np.ndarray) and array.dtype.kind == "f" for array in arrays):
        return None
    layers: list[KerasLayer] = []
    while arrays:
        count = _length(arrays, first=not layers)
        names = {1: ("embeddings",), 2: ("kernel", "bias")}.get(
            count, ("kernel", "recurrent_kernel", "bias")
        )
        if not count:
            return None
        weights = dict(zip(names, arrays[:count], strict=True))
        layers.append(KerasLayer("", f"{len(layers) + 1}", {}, weights))
        del arrays[:count]
    is_recurrent = any("recurrent_kernel" in layer.weights for layer in layers)
    return KerasFile(layers, "", has_config=False) if is_recurrent else None


def _length(arrays: Sequence[Floats], *, first: bool) -> int:
    """The number of arrays of the first layer: 3 if it is recurrent; 0 if they fit no layer."""
    shapes = [array.shape for array in arrays[:3]]
    match shapes:
        case [(_, columns), (hidden, same), (*_, size)] if columns == same == size:
            if columns in [gates * hidden for gates in _GATES]:
                return 3
    match shapes:
        case [(_, columns), (size,), *_] if columns == size:
            return 2
        case [(_, width), (same, _), *_] if first and width == same:
            return 1
    return 0
