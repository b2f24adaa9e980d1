"""Tiny models for tests: random weights, real tokenizers, written by the real writer."""

from dataclasses import fields
from pathlib import Path

import numpy as np

from rnnrepl import checkpoint, tokenizer
from rnnrepl.model import Model, load
from rnnrepl.rnn.config import NetworkConfig

TEXT = "the cat sat on the mat.\nthe dog sat too, and the cat ran.\n"


def write(folder: Path, kind: str = "char", *, text: str = TEXT, seed: int = 0, **options) -> Path:
    """Writes a model with this tokenizer.

    Options are `start` and `chat` of the card, sizes of the network, or those of the tokenizer.
    """
    start, chat = options.pop("start", "zeros"), options.pop("chat", None)
    network = {name: options.pop(name) for name in list(options) if name in _SIZES}
    made = tokenizer.find(kind).train([text], **options)
    sizes = {"embed": 8, "hidden": (8, 8), "norm": True} | network
    config = NetworkConfig(vocabulary=len(made.tokens), **sizes)
    card = checkpoint.Card(config, kind, options, start, chat=chat)
    checkpoint.write(folder, card, weights(config, seed), made)
    return folder


def model(folder: Path, kind: str = "char", **options) -> Model:
    """A loaded model; the arguments are those of `write`."""
    return load(write(folder, kind, **options))


def weights(config: NetworkConfig, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        name: random.normal(0, 0.4, shape).astype(np.float32)
        for name, shape in config.shapes().items()
    }


_SIZES = {field.name for field in fields(NetworkConfig)} - {"vocabulary"}
