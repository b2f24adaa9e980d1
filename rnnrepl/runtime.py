"""A network of weights, ready to run: on numpy, or by torch on another device."""

import numpy as np

from rnnrepl.checkpoint import Checkpoint
from rnnrepl.rnn.network import Network


def network(found: Checkpoint, device: str) -> Network:
    """On "cpu" numpy's, else torch's; raises RnnreplError where torch has no such device."""
    if device == "cpu":
        from rnnrepl.rnn.numpy_network import NumpyNetwork

        return NumpyNetwork(found.card.network, found.weights)
    from rnnrepl.rnn.torch_network import TorchNetwork

    return TorchNetwork(found.card.network, found.weights, device)


def double(found: Checkpoint) -> Network:
    """The same in double precision, on numpy."""
    from rnnrepl.rnn.numpy_network import NumpyNetwork

    return NumpyNetwork(found.card.network, found.weights, np.float64)
