"""Decides between several readings of a file by how well each predicts a text."""

from collections.abc import Sequence
from dataclasses import replace
from math import log, log2
from typing import Final

import numpy as np

from rnnrepl.checkpoint import Start
from rnnrepl.errors import RnnreplError
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.tokenizers import TokenizerSpec, end_token
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork

CHARACTERS: Final = 5_000  # of the text that is read
_SHORT: Final = 10  # tokens
_ROWS: Final = 256  # of logits at a time
_CLEARLY: Final = 0.05  # bits per character by which the best reading must be better
_STANDARD_ERRORS: Final = 3  # beyond which a smaller difference decides between likely readings
_OTHER_ORDER: Final = ", so the order of the tokens is probably another: give --vocab."
_OTHER_TEXT: Final = (
    ": give a text like the model's training text, prepared as its program prepares texts."
)


def decide(
    readings: Readings, spec: TokenizerSpec, start: Start, file: CheckpointFile, window: int = 0
) -> Reading:
    """The reading with the fewest bits on the beginning of --data, with a note.

    A single reading is compared with equal probabilities where the order of its tokens is a guess.
    `window` is the length of the texts that the model was trained on, 0 if it is not known. Raises
    RnnreplError where the text has unknown tokens, where no reading is better than equal
    probabilities, and where none is clearly the best and none is assumed without a text.
    """
    first, *others = readings.all
    if not (others or file.order_guessed) or not file.text:  # --data is used once it is read
        return first
    text = file.text[:CHARACTERS]
    texts = _texts(spec, file.start or start, text)
    if not texts:
        raise RnnreplError("The text of --data is too short: give one of some thousand characters.")
    # A network that was trained on short windows may predict nothing beyond them.
    for length in [window] if window else [len(text), _SHORT]:
        bits = [_bits(reading, _parts(texts, length)) for reading in readings.all]
        doubt = _doubt(min(float(each.mean()) for each in bits), readings.vocabulary)
        if not doubt:
            break
    if not others:
        note = f"The text of --data takes {doubt}{_OTHER_ORDER}"
        return replace(first, notes=(*first.notes, note)) if doubt else first
    if doubt:
        raise RnnreplError(
            f"With the text of --data, even the best reading of the weights takes {doubt}"
            f"{_OTHER_ORDER if file.order_guessed else _OTHER_TEXT}"
        )
    return _best(readings, bits, len(text))


def _doubt(bits: float, vocabulary: int) -> str:
    """In words, that this many bits a token are more than those of equal probabilities, or ""."""
    equal = log2(vocabulary)
    if bits <= equal + _CLEARLY:
        return ""
    return f"{bits:.2f} bits a token, more than the {equal:.2f} of equal probabilities"


def _best(readings: Readings, bits: Sequence[Floats], characters: int) -> Reading:
    """The reading with the fewest bits, with a note.

    `bits` are those of each token. The likeliest reading is preferred to one that is hardly better,
    if it is assumed without a text.
    """
    costs = [float(each.sum()) / characters for each in bits]
    best, second = np.argsort(costs, kind="stable")[:2]
    if readings.unsure and not costs[best] + _CLEARLY < costs[second]:
        raise RnnreplError(
            "The text of --data does not decide how the weights are read: the two best readings "
            f"take {costs[best]:.3f} and {costs[second]:.3f} bits per character."
        )
    possible = [
        k
        for k, cost in enumerate(costs)
        if cost <= costs[best] + _CLEARLY and not _is_worse(bits[k], bits[best])
    ]
    chosen = readings.all[possible[0]]
    verdict = "It is assumed" if len(possible) > 1 else "The text of --data decides"
    others = min(cost for k, cost in enumerate(costs) if k != possible[0])
    note = (
        f"{verdict} that {chosen.choice}: {costs[possible[0]]:.3f} bits per character, "
        f"and {others:.3f} for the next best reading."
    )
    return replace(chosen, notes=(*chosen.notes, note))


def _is_worse(bits: Floats, best: Floats) -> bool:
    """Whether the difference to the best reading is more than chance, by its standard error."""
    difference = bits - best
    return bool(difference.sum() > _STANDARD_ERRORS * len(bits) ** 0.5 * difference.std())


def _texts(spec: TokenizerSpec, start: Start, text: str) -> list[list[int]]:
    """The ids of texts that the model reads from its initial state, of two tokens or more.

    They are the whole text, or its lines where no character is a newline, each after the start
    token and before the end token if there are such.
    """
    tokenizer = spec.build()
    tokens = list(tokenizer.tokens)
    if spec.name != "char" or "\n" in tokens:
        texts = [list(tokenizer.encode(text).ids)]
    else:
        name = start["token"] if isinstance(start, dict) else start
        before, after = (
            [tokens.index(token)] if token in tokens else [] for token in (name, end_token(tokens))
        )
        lines = filter(None, text.splitlines())
        texts = [[*before, *tokenizer.encode(line).ids, *after] for line in lines]
    return [ids for ids in texts if len(ids) > 1]


def _parts(texts: Sequence[list[int]], length: int) -> list[list[int]]:
    """The parts of texts in which a model reads at most `length` tokens, and predicts each next."""
    return [ids[k : k + length + 1] for ids in texts for k in range(0, len(ids) - 1, length)]


def _bits(reading: Reading, texts: Sequence[Sequence[int]]) -> Floats:
    """Bits of all ids but the first of each text, (N,); infinite where the model overflows."""
    config, weights = reading.network()
    network = NumpyNetwork(config, weights)
    texts = sorted(texts, key=len, reverse=True)
    counts = [sum(len(ids) > t + 1 for ids in texts) for t in range(len(texts[0]) - 1)]
    read, predicted = (
        np.array([ids[t + k] for t, count in enumerate(counts) for ids in texts[:count]])
        for k in (0, 1)
    )
    try:
        hidden, _ = network.forward(read, counts, np.repeat(network.initial()[None], len(texts), 0))
    except RnnreplError:
        return np.full(len(read), np.inf)
    nats = np.empty(len(read))
    for k in range(0, len(hidden), _ROWS):
        logits = network.logits(hidden[k : k + _ROWS]).astype(np.float64)
        targets = logits[np.arange(len(logits)), predicted[k : k + _ROWS]]
        nats[k : k + _ROWS] = np.logaddexp.reduce(logits, axis=1) - targets
    return nats / log(2)
