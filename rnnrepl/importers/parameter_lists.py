"""Weights without names, as in `list(model.parameters())`: torch's order says what they are."""

import re
from collections.abc import Mapping

from rnnrepl.rnn.network import Floats

_UNNAMED = re.compile(r"(?:.*\.)?(?:arr_)?\d+")  # elements of a list, or of numpy.savez
_GATES = (4, 3, 1)
_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def named(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """The arrays, where a layer of torch.nn is among unnamed ones with the names of modules.

    A layer is W_ih (gates x H, inputs), W_hh (gates x H, H) and two biases; other modules are a
    matrix and, if the next array has one element a row, its bias.
    """
    if not all(_UNNAMED.fullmatch(name) for name in arrays):
        return dict(arrays)
    names, rest = list(arrays), list(arrays.values())
    result: dict[str, Floats] = {}
    layers = 0
    while rest:
        path = names[0]
        if _is_layer(rest[:4]) and (len(rest) > 4 or not _is_plain(rest[1])):
            result |= {f"rnn.{n}_l{layers}": array for n, array in zip(_NAMES, rest, strict=False)}
            layers, count = layers + 1, 4
        elif [array.ndim for array in rest[:2]] == [2, 1] and len(rest[0]) == len(rest[1]):
            result |= {f"{path}.weight": rest[0], f"{path}.bias": rest[1]}
            count = 2
        else:
            result[f"{path}.weight" if rest[0].ndim == 2 else path] = rest[0]
            count = 1
        del names[:count], rest[:count]
    return result if layers else dict(arrays)


def _is_plain(recurrent: Floats) -> bool:
    """Whether a layer has no gates: its square matrix may be that of an output, which is last."""
    return bool(len(recurrent) == recurrent.shape[1])


def _is_layer(arrays: list[Floats]) -> bool:
    if [array.ndim for array in arrays] != [2, 2, 1, 1]:
        return False
    rows, hidden = arrays[1].shape
    return rows in [gates * hidden for gates in _GATES] and {len(a) for a in arrays} == {rows}
