"""torch: a `state_dict`, the class that reads it, which needs torch alone, and the vocabulary.

`torch.load(path, weights_only=True)` returns the state_dict. Where torch.nn allows, its names are
those of PyTorch's word_language_model: `encoder`, `rnn` with all layers, `decoder`.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rnnrepl.checkpoint import Checkpoint, json_bytes, start_id
from rnnrepl.errors import RnnreplError
from rnnrepl.exporters.torch_source import source
from rnnrepl.files.model_folders import STATE_DICT, vocabulary_beside
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.module_names import module_name

SUFFIXES = (".pt", ".pth", ".bin")  # of a state_dict


def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The state_dict in the file `out`, or in the folder, with the other two files beside it.

    Raises RnnreplError for cells that torch.nn does not have.
    """
    card, tokenizer = checkpoint.card, checkpoint.tokenizer
    network = card.network
    if unsupported := list(_unsupported(network)):
        raise RnnreplError(
            f"torch.nn does not support {' and '.join(unsupported)}: use --to onnx or --to hub."
        )
    start = None if card.start == "none" else start_id(card, tokenizer)
    vocabulary = {
        "tokens": tokenizer.tokens,
        "model": card.to_dict(),
        "tokenizer": tokenizer.to_dict(),
    }
    path = out if out.suffix in SUFFIXES else out / STATE_DICT
    return {
        path: _state_dict(checkpoint),
        path.with_suffix(".py"): source(network, start, path.name).encode(),
        vocabulary_beside(path): json_bytes(vocabulary),
    }


def _state_dict(checkpoint: Checkpoint) -> bytes:
    import torch

    network = checkpoint.card.network
    tensors = {
        module_name(name, network): torch.from_numpy(np.array(checkpoint.weights[name], np.float32))
        for name in network.shapes()
    }
    if network.tied:  # one tensor under two names, as torch saves tied weights
        tensors["decoder.weight"] = tensors["encoder.weight"]
    buffer = io.BytesIO()
    torch.save(tensors, buffer)
    return buffer.getvalue()


def _unsupported(network: NetworkConfig) -> Iterator[str]:
    if network.hard_gates:
        yield "hard sigmoids"
    if network.reset_first:
        yield "a GRU that resets first"
