"""torch: a `state_dict` with the names of PyTorch's word_language_model, in one file.

`torch.load(path, weights_only=True)` returns it: `encoder`, `rnn` (one `nn.LSTM`, `nn.GRU` or
`nn.RNN` with all layers) and `decoder`.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rnnrepl.checkpoint import Checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import NetworkConfig


def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The file `out`; raises RnnreplError for a network that the layout cannot represent."""
    network = checkpoint.card.network
    if unsupported := list(_unsupported(network)):
        raise RnnreplError(
            f"The layout of --to torch does not support {' and '.join(unsupported)}: "
            "use --to onnx or --to hub."
        )
    import torch

    arrays = {name: np.array(checkpoint.weights[name], np.float32) for name in network.shapes()}
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    if network.tied:  # one tensor under two names, as torch saves tied weights
        tensors["decoder.weight"] = tensors["encoder.weight"]
    buffer = io.BytesIO()
    torch.save(tensors, buffer)
    return {out: buffer.getvalue()}


def _unsupported(network: NetworkConfig) -> Iterator[str]:
    if network.final_norm:
        yield "LayerNorm"
    if network.hard_gates:
        yield "hard sigmoids"
    if network.reset_first:
        yield "a GRU that resets first"
    if network.projection is not None:
        yield "a projection"
    if network.initial == "learnt":
        yield "a trained initial state"
    if len(set(network.hidden)) > 1:
        yield "layers of different sizes"
