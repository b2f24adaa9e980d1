"""Decides between several readings of a file by how well each predicts a text."""

from dataclasses import replace
from math import log
from typing import Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.tokenizers import TokenizerSpec
from rnnrepl.rnn.network import Ids
from rnnrepl.rnn.numpy_network import NumpyNetwork

CHARACTERS: Final = 5_000  # of the text that is read
_ROWS: Final = 256  # of logits at a time
_CLEARLY: Final = 0.05  # bits per character by which the best reading must be better


def decide(readings: Readings, tokenizer: TokenizerSpec, text: str) -> Reading:
    """The reading with the fewest bits per character on the beginning of a text, with a note.

    Raises RnnreplError where the text has unknown tokens or no reading is clearly the best.
    """
    if len(readings.all) == 1:
        return readings.all[0]
    text = text[:CHARACTERS]
    encoding = tokenizer.build().encode(text)
    costs = [_bits(reading, np.array(encoding.ids)) / max(len(text), 1) for reading in readings.all]
    best, second = np.argsort(costs)[:2]
    if not costs[best] + _CLEARLY < costs[second]:
        raise RnnreplError(
            "The text of --data does not decide how the weights are read: the two best readings "
            f"take {costs[best]:.3f} and {costs[second]:.3f} bits per character."
        )
    chosen = readings.all[int(best)]
    note = (
        f"The text of --data decides that {chosen.choice}: {costs[best]:.3f} bits per character, "
        f"and {costs[second]:.3f} for the next best reading."
    )
    return replace(chosen, notes=(*chosen.notes, note))


def _bits(reading: Reading, ids: Ids) -> float:
    """Bits of all ids but the first, which the model reads; infinite where it overflows."""
    if len(ids) < 2:
        return np.inf
    config, weights = reading.network()
    network = NumpyNetwork(config, weights)
    try:
        hidden, _ = network.forward(ids[:-1], [1] * (len(ids) - 1), network.initial()[None])
    except RnnreplError:
        return np.inf
    nats = 0.0
    for k in range(0, len(hidden), _ROWS):
        logits = network.logits(hidden[k : k + _ROWS]).astype(np.float64)
        targets = logits[np.arange(len(logits)), ids[1 + k : 1 + k + len(logits)]]
        nats += float((np.logaddexp.reduce(logits, axis=1) - targets).sum())
    return nats / log(2)
