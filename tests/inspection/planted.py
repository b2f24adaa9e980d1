"""A network set by hand: units that hold a quote flag, a bracket depth, a line position, a vowel.

One LSTM layer reads one-hot embeddings. The planted units have no connections but their own; all
other units are random, and read only the input and each other.
"""

import numpy as np

from rnnrepl import checkpoint, tokenizer
from rnnrepl.model import Model, load
from rnnrepl.rnn.config import NetworkConfig

UNITS = 16
QUOTE, DEPTH, LINE, VOWEL = 3, 5, 8, 10  # the planted units
CONTROL = 12  # a random one
PLANTED = [QUOTE, DEPTH, LINE, VOWEL]
LARGE = 30.0  # a gate with this argument is open, or closed, to the last bit of float32 nearly


def text(lines: int = 120, seed: int = 1) -> str:
    """Lines of words, some in quotation marks, some in nested brackets."""
    random = np.random.default_rng(seed)
    words = ["the", "cat", "dog", "sat", "on", "mat", "ran", "up", "in", "a", "qualm", "hen"]

    def some(depth=0):
        parts = []
        for _ in range(random.integers(1, 4)):
            parts.append(words[random.integers(len(words))])
            if depth < 3 and random.random() < 0.2:
                parts.append("(" + some(depth + 1) + ")")
        return " ".join(parts)

    written = []
    for _ in range(lines):
        parts = [some()]
        if random.random() < 0.6:
            parts.append('"' + some(2) + '"')
        written.append(" ".join([*parts, some()]) + "\n")
    return "".join(written)


def model(folder, seed: int = 0) -> Model:
    """The network, with a softmax that the quote flag alone decides: q inside quotes, n outside."""
    made = tokenizer.find("char").train([text()])
    ids = {name: id for id, name in enumerate(made.tokens)}
    size = len(made.tokens)
    config = NetworkConfig(vocabulary=size, embed=size, hidden=(UNITS,))
    random = np.random.default_rng(seed)
    w = {name: np.zeros(shape, np.float32) for name, shape in config.shapes().items()}
    w["encoder.weight"][:] = np.eye(size)
    ih = w["rnn.weight_ih_l0"].reshape(4, UNITS, size)  # gates i, f, g, o
    hh = w["rnn.weight_hh_l0"].reshape(4, UNITS, UNITS)
    bias = w["rnn.bias_ih_l0"].reshape(4, UNITS)
    others = [unit for unit in range(UNITS) if unit not in PLANTED]
    ih[:, others] = random.normal(0, 1, (4, len(others), size))
    hh[np.ix_(range(4), others, others)] = random.normal(0, 0.5, (4, len(others), len(others)))
    bias[3, PLANTED] = LARGE  # the output gates of planted units are open

    def closed_but_at(unit, chars):
        """The unit changes at these characters only."""
        bias[0, unit], bias[1, unit] = -LARGE, LARGE
        for char in chars:
            ih[0, unit, ids[char]] = 2 * LARGE

    # c becomes 1 at a quotation mark if it is not, else -1.
    closed_but_at(QUOTE, '"')
    ih[1, QUOTE, ids['"']] = -2 * LARGE
    hh[2, QUOTE, QUOTE], bias[2, QUOTE] = -LARGE, 0.3 * LARGE
    # c counts open brackets.
    closed_but_at(DEPTH, "()")
    ih[2, DEPTH, ids["("]], ih[2, DEPTH, ids[")"]] = LARGE, -LARGE
    # c counts the characters since the last line break.
    bias[:3, LINE] = -LARGE, LARGE, LARGE
    ih[0, LINE] = 2 * LARGE
    ih[0, LINE, ids["\n"]], ih[1, LINE, ids["\n"]] = 0, -2 * LARGE
    # c is 1 if the last vowel was an a, else -1.
    closed_but_at(VOWEL, "aeiou")
    for vowel in "aeiou":
        ih[1, VOWEL, ids[vowel]] = -2 * LARGE
        ih[2, VOWEL, ids[vowel]] = LARGE if vowel == "a" else -LARGE

    w["decoder.weight"][ids["q"], QUOTE], w["decoder.weight"][ids["n"], QUOTE] = 5, -5
    w["decoder.bias"][:] = random.normal(0, 0.1, size)
    checkpoint.write(folder, checkpoint.Card(config, "char", {}, "zeros"), w, made)
    return load(folder)
