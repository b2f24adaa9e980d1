"""The process's place in a distributed run, from the environment that torchrun sets."""

import os


def rank() -> int:
    """The rank of this process, from 0; rank 0 leads."""
    return int(os.environ.get("RANK", 0))


def world_size() -> int:
    """The number of processes that train together: 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", 1))
