"""Weights in the modules of Lua's Torch, brought to the order of torch.nn."""

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.t7_file import Object
from rnnrepl.importers.torch_file import Tensor
from rnnrepl.rnn.network import Floats


def array(module: Object, name: str, dimensions: int) -> Floats:
    """An array of a module; raises RnnreplError where it has none of so many dimensions."""
    found = module.get(name)
    if not isinstance(found, Tensor) or len(found.shape) != dimensions:
        raise RnnreplError(f"A module {module.kind} of the file has no {name} of the right kind.")
    return found.array()


def gates(rows: Floats) -> Floats:
    """The rows of an LSTM's gates i, f, o, g as i, f, g, o."""
    if len(rows) % 4:
        raise RnnreplError(f"The gates of an LSTM have {len(rows)} rows, which four cannot share.")
    i, f, o, g = np.split(rows, 4)
    return np.concatenate([i, f, g, o])
