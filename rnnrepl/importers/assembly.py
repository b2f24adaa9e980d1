"""A network from nothing but its weights: sizes, cell and tying are those of the arrays."""

from collections.abc import Mapping

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import CELLS, GATES, Cell, NetworkConfig
from rnnrepl.rnn.network import Floats

MOST = 64  # layers


def network(weights: dict[str, Floats], cell: Cell | None = None) -> NetworkConfig:
    """The network of weights named as in `NetworkConfig.shapes`, from their shapes.

    Biases that are not there are added to `weights` as zeros, and a decoder that is the encoder
    once more is taken out. Raises RnnreplError where the weights make no network, or more than one.
    """
    vocabulary, embed = _shape(weights, "encoder.weight")
    layers = sum(name.startswith("rnn.weight_hh_l") for name in weights)
    hidden = [_shape(weights, f"rnn.weight_hh_l{k}") for k in range(layers)]
    if not 1 <= layers <= MOST:
        raise RnnreplError(f"The file's network has {layers:,} recurrent layers.")
    if "decoder.weight" in weights and _tied(weights):
        del weights["decoder.weight"]
    config = NetworkConfig(
        vocabulary=vocabulary,
        embed=embed,
        hidden=tuple(size for _, size in hidden),
        cell=cell or _cell(*hidden[0]),
        projection=_shape(weights, name)[0] if (name := "projection.weight") in weights else None,
        tied="decoder.weight" not in weights,
        initial="learnt" if "initial" in weights else "zero",
    )
    for name, shape in config.shapes().items():
        if "bias" in name:
            weights.setdefault(name, np.zeros(shape, np.float32))
    if strange := sorted(weights.keys() - config.shapes().keys()):
        raise RnnreplError(
            f"The file's network has weights unknown here: {', '.join(strange[:5])}."
        )
    return config


def _shape(weights: Mapping[str, Floats], name: str) -> tuple[int, int]:
    array = weights.get(name)
    if array is None:
        raise RnnreplError(f"The file has no weights for {name}.")
    if array.ndim != 2:
        raise RnnreplError(f"The file's weights for {name} are no matrix.")
    rows, columns = array.shape
    return rows, columns


def _cell(rows: int, size: int) -> Cell:
    """The cell by its number of gates."""
    for cell in CELLS:
        if rows == GATES[cell] * size:
            return cell
    raise RnnreplError(f"The file's network has a cell unknown here: {rows:,} rows for {size:,}.")


def _tied(weights: Mapping[str, Floats]) -> bool:
    return np.array_equal(weights["decoder.weight"], weights["encoder.weight"])
