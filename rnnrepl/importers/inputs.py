"""Inputs of models without an embedding, as tables (V, inputs): one-hot vectors, or scaled ids."""

from typing import Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.network import Floats

MAX_ONE_HOT = 8_192  # tokens that may be read one-hot: the embedding becomes the identity
SCALED: Final = (
    "The model reads one number a token: it is assumed to be the token's id divided by the size of "
    "the vocabulary."
)


def one_hot(size: int) -> Floats:
    """The identity; raises RnnreplError for a vocabulary that would make it too large."""
    if size > MAX_ONE_HOT:
        raise RnnreplError(f"The model reads {size:,} tokens one-hot: too many to import.")
    return np.eye(size, dtype=np.float32)


def scaled_ids(size: int) -> Floats:
    """id / V, one number a token, as in a common tutorial of character models."""
    return (np.arange(size) / size)[:, None]
