"""Weights of Lua Torch modules, converted to the gate order of torch.nn."""

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.arrays import Tensor
from rnnrepl.importers.t7_file import LuaObject
from rnnrepl.rnn.network import Floats


def array(module: LuaObject, name: str, dimensions: int) -> Floats:
    """A tensor field of a module; raises RnnreplError unless it has this number of dimensions."""
    tensor = module.get(name)
    if not isinstance(tensor, Tensor) or len(tensor.shape) != dimensions:
        raise RnnreplError(
            f"A module {module.class_name} in the file has no {name} of {dimensions} dimensions."
        )
    return tensor.array()


def reorder_gates(rows: Floats) -> Floats:
    """LSTM rows from Lua's gate order i, f, o, g to i, f, g, o; raises RnnreplError if uneven."""
    if len(rows) % 4:
        raise RnnreplError(f"The LSTM gates have {len(rows)} rows, which is no multiple of 4.")
    i, f, o, g = np.split(rows, 4)
    return np.concatenate([i, f, g, o])
