"""Splits named weights into recurrent layers, matrices with their biases, norms and the rest."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rnnrepl.rnn.network import Floats

# torch.nn.LSTM, GRU and RNN (`_l0`), their cells (no number), and weight dropout (`_raw`).
_RECURRENT = re.compile(r"(.*?)(weight|bias)_(ih|hh|hr)(?:_l(\d+))?(_reverse)?(_raw)?")
_COUNTS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True, eq=False)
class Matrix:
    """A weight (rows, columns) and its bias (rows,), if it has one.

    `is_parameter` says that its name does not end in `.weight`, so that it need not have the layout
    of torch.nn, with rows of outputs.
    """

    name: str
    weight: Floats
    bias: Floats | None = None
    is_parameter: bool = False

    def layouts(self) -> Iterator[Floats]:
        """The weight as (outputs, inputs), likeliest first: a bare parameter may have columns."""
        yield self.weight
        if self.is_parameter and self.bias is None:
            yield self.weight.T

    def as_table(self, vocabulary: int, inputs: int) -> Floats | None:
        """The table (vocabulary, inputs) of an embedding, or of a linear layer of one-hot vectors.

        A linear layer is known by its bias. None where the shape is another.
        """
        if self.bias is None:
            return self.weight if self.weight.shape == (vocabulary, inputs) else None
        return self.weight.T + self.bias if self.weight.shape == (inputs, vocabulary) else None


@dataclass(frozen=True, eq=False)
class Vector:
    """An array that is no weight of a matrix."""

    name: str
    weight: Floats


@dataclass(frozen=True, eq=False)
class Norm:
    """Gain and shift of a LayerNorm, both (n,)."""

    name: str
    weight: Floats
    bias: Floats


@dataclass(eq=False)
class Parts:
    """The parts of a set of weights, in the order of the file."""

    recurrent: dict[tuple[str, int], dict[str, Floats]] = field(default_factory=dict)
    matrices: list[Matrix] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)  # (n,) without a matrix
    norms: list[Norm] = field(default_factory=list)
    others: list[Vector] = field(default_factory=list)  # arrays of more than two dimensions
    reversed: bool = False
    projected: bool = False


def split_parts(arrays: Mapping[str, Floats]) -> Parts:
    """Groups weights by the part of the network that they belong to."""
    parts, modules = Parts(), dict[str, dict[str, Floats]]()
    for name, array in arrays.items():
        if match := _RECURRENT.fullmatch(name):
            path, kind, side, number, reverse, raw = match.groups()
            parts.reversed |= bool(reverse)
            parts.projected |= side == "hr"
            layer = parts.recurrent.setdefault((path, int(number or 0)), {})
            if raw or f"{kind}_{side}" not in layer:  # `_raw` has had no dropout applied
                layer[f"{kind}_{side}"] = array
        else:
            path, _, kind = name.rpartition(".")
            if kind not in ("weight", "bias"):
                path, kind, array = name, "weight", _squeezed(array)
            modules.setdefault(path, {})[kind] = array
    for path, module in modules.items():
        _add(parts, path, module.get("weight"), module.get("bias"), is_parameter=path in arrays)
    return parts


def _squeezed(array: Floats) -> Floats:
    """(n, 1) and (1, n) as (n,), as numpy programs keep their biases."""
    if array.ndim == 2 and 1 in array.shape:
        return array.ravel()
    return array


def _add(
    parts: Parts, path: str, weight: Floats | None, bias: Floats | None, *, is_parameter: bool
) -> None:
    if weight is None:
        assert bias is not None
        (parts.vectors if bias.ndim == 1 else parts.others).append(Vector(path, bias))
    elif weight.ndim == 2 and (bias is None or bias.shape == weight.shape[:1]):
        parts.matrices.append(Matrix(path, weight, bias, is_parameter))
    elif weight.ndim == 1 and bias is not None and bias.shape == weight.shape:
        parts.norms.append(Norm(path, weight, bias))
    elif weight.ndim == 1:
        parts.vectors.append(Vector(path, weight))
    else:
        parts.others.append(Vector(path, weight))


def describe_matrices(matrices: Sequence[Matrix]) -> str:
    """For example `two Linear layers (256, 256), (256, 46)`, as inputs and outputs."""
    sizes = ", ".join(f"({m.weight.shape[1]}, {m.weight.shape[0]})" for m in matrices[:6])
    count = _COUNTS[len(matrices)] if len(matrices) < len(_COUNTS) else f"{len(matrices)}"
    return f"Linear {sizes}" if len(matrices) == 1 else f"{count} Linear layers {sizes}"
