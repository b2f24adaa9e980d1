"""Inputs of models without an embedding, as tables (V, inputs): one-hot vectors, or scaled ids."""

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.network import Floats

MAX_ONE_HOT = 8_192  # tokens that may be read one-hot: the embedding becomes the identity


def one_hot(size: int) -> Floats:
    """The identity; raises RnnreplError for a vocabulary that would make it too large."""
    if size > MAX_ONE_HOT:
        raise RnnreplError(f"The model reads {size:,} tokens one-hot: too many to import.")
    return np.eye(size, dtype=np.float32)


def numbers(size: int) -> list[tuple[str, Floats]]:
    """Tables (V, 1) of one number a token, each with its description, the likeliest first.

    id / V is that of a common tutorial of character models.
    """
    number = "the model reads one number a token, the token's id"
    ids = np.arange(size)[:, None]
    return [
        (f"{number} divided by the size of the vocabulary", ids / size),
        (f"{number} as it is", ids.astype(np.float64)),
        (f"{number} divided by the largest id", ids / max(size - 1, 1)),
    ]
