"""Builds the network that runs a model: numpy on the CPU, torch on any other device."""

from collections.abc import Mapping

import numpy as np

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats, Network


def network(config: NetworkConfig, weights: Mapping[str, Floats], device: str = "cpu") -> Network:
    """Returns numpy's network on "cpu", torch's elsewhere.

    Raises RnnreplError if torch has no such device.
    """
    if device == "cpu":
        from rnnrepl.rnn.numpy_network import NumpyNetwork

        return NumpyNetwork(config, weights)
    from rnnrepl.rnn.torch_network import TorchNetwork

    return TorchNetwork(config, weights, device)


def double(config: NetworkConfig, weights: Mapping[str, Floats]) -> Network:
    """Returns a numpy network that computes in double precision."""
    from rnnrepl.rnn.numpy_network import NumpyNetwork

    return NumpyNetwork(config, weights, np.float64)
