"""torch: a `state_dict` with the names of PyTorch's word_language_model, in one file.

`torch.load(path, weights_only=True)` gives it: `encoder`, `rnn` (an `nn.LSTM`, `nn.GRU` or `nn.RNN`
that has all the layers) and `decoder`.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rnnrepl.checkpoint import Checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import NetworkConfig


def files(found: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The file; raises RnnreplError for a network that has what the layout has not."""
    network = found.card.network
    if strange := list(_strange(network)):
        raise RnnreplError(
            f"The layout has no place for {' and '.join(strange)}: convert to onnx or hub instead."
        )
    import torch

    arrays = {name: np.array(found.weights[name], np.float32) for name in network.shapes()}
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    if network.tied:  # one tensor under two names, as a tied module saves it
        tensors["decoder.weight"] = tensors["encoder.weight"]
    buffer = io.BytesIO()
    torch.save(tensors, buffer)
    return {out: buffer.getvalue()}


def _strange(network: NetworkConfig) -> Iterator[str]:
    if network.norm:
        yield "LayerNorm"
    if network.projection is not None:
        yield "a projection"
    if network.initial == "learnt":
        yield "a learnt initial state"
    if len(set(network.hidden)) > 1:
        yield "layers of different sizes"
