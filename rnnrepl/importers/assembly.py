"""Infers the network from its weights: sizes, cell and tying follow from the arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import CELLS, GATES, Cell, NetworkConfig
from rnnrepl.rnn.network import Floats

MAX_LAYERS = 64


def assemble(
    weights: Mapping[str, Floats], cell: Cell | None = None, **settings: Any
) -> tuple[NetworkConfig, dict[str, Floats]]:
    """The network of weights named as in `NetworkConfig.shapes`, and all of its weights.

    `cell` overrides the cell inferred from the number of gates; `settings` are others of
    `NetworkConfig` that do not follow from the weights. Missing biases are added as zeros; a
    decoder equal to the encoder is dropped and the network is tied. Raises RnnreplError where the
    weights do not describe exactly one network.
    """
    vocabulary, embed = _matrix_shape(weights, "encoder.weight")
    layers = sum(name.startswith("rnn.weight_hh_l") for name in weights)
    recurrent = [_matrix_shape(weights, f"rnn.weight_hh_l{k}") for k in range(layers)]
    if not 1 <= layers <= MAX_LAYERS:
        raise RnnreplError(f"The network in the file has {layers:,} recurrent layers.")
    tied = "decoder.weight" not in weights or _equal_encoder(weights)
    config = NetworkConfig(
        vocabulary=vocabulary,
        embed=embed,
        hidden=tuple(size for _, size in recurrent),
        cell=cell or _cell(*recurrent[0]),
        projection=_matrix_shape(weights, name)[0]
        if (name := "projection.weight") in weights
        else None,
        tied=tied,
        initial="learnt" if "initial" in weights else "zero",
        output_norm="norm.weight" in weights,
        **settings,
    )
    shapes = config.shapes()
    zeros = {name: np.zeros(shape, np.float32) for name, shape in shapes.items() if "bias" in name}
    complete = zeros | dict(weights)
    if tied:
        complete.pop("decoder.weight", None)
    if unknown := sorted(complete.keys() - shapes.keys()):
        raise RnnreplError(
            f"The network in the file has unknown weights: {', '.join(unknown[:5])}."
        )
    for name, shape in shapes.items():
        if name in complete and complete[name].shape != shape:
            actual = complete[name].shape
            raise RnnreplError(f"The weights for {name} have shape {actual}, not {shape}.")
    return config, complete


def _matrix_shape(weights: Mapping[str, Floats], name: str) -> tuple[int, int]:
    array = weights.get(name)
    if array is None:
        raise RnnreplError(f"The file has no weights for {name}.")
    if array.ndim != 2:
        raise RnnreplError(f"The weights for {name} are not a matrix: shape {array.shape}.")
    rows, columns = array.shape
    return rows, columns


def _cell(rows: int, size: int) -> Cell:
    """The cell by its number of gates."""
    for cell in CELLS:
        if rows == GATES[cell] * size:
            return cell
    raise RnnreplError(
        f"The network in the file has an unknown cell: {rows:,} rows for {size:,} units."
    )


def _equal_encoder(weights: Mapping[str, Floats]) -> bool:
    return np.array_equal(weights["decoder.weight"], weights["encoder.weight"])
