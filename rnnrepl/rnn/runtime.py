"""Builds the network that runs a model: numpy on the CPU, torch on any other device."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from rnnrepl.errors import RnnreplError, not_installed
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats, Network


def network(config: NetworkConfig, weights: Mapping[str, Floats], device: str = "cpu") -> Network:
    """Returns numpy's network on "cpu", torch's elsewhere.

    Raises RnnreplError if torch is not installed or has no such device.
    """
    if device == "cpu":
        from rnnrepl.rnn.numpy_network import NumpyNetwork

        return NumpyNetwork(config, weights)
    require_torch(f"`device` {device}")
    from rnnrepl.rnn.torch_network import TorchNetwork

    return TorchNetwork(config, weights, device)


def require_torch(what: str) -> None:
    """Raises RnnreplError if torch, which `what` needs, cannot be imported; does not import it.

    It is not installed, or the current folder has been removed: then Intel's library for matrices
    does not find its parts, and ends the process.
    """
    if not find_spec("torch"):
        raise not_installed(what, "torch", "train")
    try:
        Path.cwd()
    except OSError:
        raise RnnreplError(
            f"{what} needs torch, which cannot run in a folder that no longer exists: change to "
            "another one and start again."
        ) from None


def double(config: NetworkConfig, weights: Mapping[str, Floats]) -> Network:
    """Returns a numpy network that computes in double precision."""
    from rnnrepl.rnn.numpy_network import NumpyNetwork

    return NumpyNetwork(config, weights, np.float64)
