"""Weights of Keras as a list of arrays, as `get_weights` returns it, and those of a textbook.

"Deep Learning from Scratch 2" saves the layers in the same order and with the same shapes as Keras,
in half precision. Its LSTM has the gates f, g, i, o, that of Keras i, f, c, o, where c is g.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from rnnrepl.importers.arrays import NumpyArray
from rnnrepl.importers.keras_file import KerasFile, KerasLayer
from rnnrepl.importers.reading import Reading
from rnnrepl.rnn.network import Floats

_UNNAMED = re.compile(r"arr_\d+")  # how `np.savez` calls arrays without names
_GATES = (4, 3)  # lists of plain RNNs are read as hand-written cells
_KERAS: Final = "the gates are in the order of Keras, i, f, c, o"
_BOOK: Final = 'the gates are in the order of "Deep Learning from Scratch 2", f, g, i, o'


@dataclass(eq=False)
class ListedWeights(KerasFile):
    """The layers of a list; `of_the_book` says whether the book wrote it rather than Keras."""

    of_the_book: bool = False


def read(value: Any) -> ListedWeights | None:
    """The layers of a list of arrays, or of an .npz file of such; None for other values.

    A recurrent layer is a kernel (inputs, gates x H), a recurrent kernel (H, gates x H) and a bias;
    torch has them transposed. The output layer is a kernel (H, V) and a bias, or the bias alone
    where its kernel is that of the embedding.
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
    is_half = all(array.dtype == np.float16 for array in arrays)
    is_tied = _is_tied(arrays)
    if is_tied:
        arrays.insert(-1, arrays[0].T)
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
    if not any("recurrent_kernel" in layer.weights for layer in layers):
        return None
    return ListedWeights(layers, "", has_config=False, of_the_book=is_half or is_tied)


def by_gates(readings: Sequence[Reading], saved: ListedWeights) -> list[Reading]:
    """The readings of an LSTM with the gates in either order, the likelier order first.

    `readings` have the order of Keras. Other cells have one order.
    """
    if readings[0].cell != "lstm":
        return list(readings)
    orders = [[_chosen(reading, _KERAS) for reading in readings]]
    orders.append([_chosen(_regated(reading), _BOOK) for reading in readings])
    return [reading for order in orders[:: -1 if saved.of_the_book else 1] for reading in order]


def _chosen(reading: Reading, gates: str) -> Reading:
    choice = f"{gates}, and that {reading.choice}" if reading.choice else gates
    return replace(reading, choice=choice)


def _regated(reading: Reading) -> Reading:
    """The gates f, g, i, o as i, f, g, o, the order of torch and of Keras, without its notes."""
    weights = dict(reading.weights)
    for name, rows in weights.items():
        if name.startswith("rnn."):
            f, g, i, o = np.split(rows, 4)
            weights[name] = np.concatenate([i, f, g, o])
    return replace(reading, weights=weights, notes=())


def _is_tied(arrays: Sequence[Floats]) -> bool:
    """Whether an embedding (V, H), and at the end a bias (V,) after an LSTM, have no kernel."""
    match [array.shape for array in (*arrays[:1], *arrays[-3:])]:
        case [(size, width), (hidden, columns), (_,), (same,)]:
            return (size, width, columns) == (same, hidden, 4 * hidden)
    return False


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
