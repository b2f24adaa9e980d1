"""A network over embeddings with gradients, in float64: backpropagation through time on numpy.

It explains predictions: its inputs are vectors instead of ids, and it returns the gradient of a
prediction with respect to them. Shapes: T time steps, B texts, E embedding, D width of the softmax
input, V vocabulary, S flat state.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rnnrepl.rnn.config import Activation, NetworkConfig
from rnnrepl.rnn.gradient_layers import (
    LAYERS,
    Array,
    Normalised,
    Step,
    normalise,
    normalise_back,
)
from rnnrepl.rnn.network import Floats, Ids, check_range

_TABLES = ("encoder.weight", "decoder.weight")  # large: kept in their own precision


class Reading(NamedTuple):
    """A batch that was read: the softmax inputs (B, D) and states (B, S) after the last step.

    `norms` and `layers` hold what `DifferentiableNetwork.gradient` needs, first layer first.
    """

    output: Array
    states: Array
    norms: list["Normalised | None"]
    layers: list[list[Step]]


class DifferentiableNetwork:
    """A network from weights named as in `NetworkConfig`; `clamp` is as in `Network`, (S,)."""

    def __init__(
        self, config: NetworkConfig, weights: Mapping[str, Floats], clamp: Floats | None = None
    ) -> None:
        self.config = config
        self._weights = weights
        w = {k: a.astype(np.float64) for k, a in weights.items() if not k.startswith(_TABLES)}
        held = np.full(config.state, np.nan) if clamp is None else clamp.astype(np.float64)
        self._layers = [LAYERS[config.cell](config, k, w, held) for k in range(config.layers)]
        self._norms = [
            (w[f"norm.weight{name}"], w[f"norm.bias{name}"]) if f"norm.bias{name}" in w else None
            for name in (*(f"_l{k}" for k in range(config.layers)), "")
        ]
        self._projection = (
            (w["projection.weight"], w["projection.bias"]) if config.projection else None
        )
        self._bias = w["decoder.bias"]

    def embed(self, ids: Ids) -> Array:
        """Returns the embeddings (T, E) of ids (T,); 0 for the id `config.start`."""
        known = ids != self.config.start
        rows = self._weights["encoder.weight"][np.where(known, ids, 0)]
        vectors: Array = rows.astype(np.float64) * known[:, None]
        return vectors

    def mean_embedding(self) -> Array:
        """Returns the mean (E,) of the embeddings of all tokens."""
        mean: Array = self._weights["encoder.weight"].mean(0, dtype=np.float64)
        return mean

    def read(self, x: Array, states: Array) -> Reading:
        """Reads embeddings x (T, B, E) from states (B, S); T is at least 1."""
        with np.errstate(over="ignore", invalid="ignore"):  # checked below
            reading = self._read(x, states)
        check_range(reading.states)
        check_range(reading.output)
        return reading

    def _read(self, x: Array, states: Array) -> Reading:
        config, norms = self.config, list[Normalised | None]()
        layers, new = [], states.copy()
        for layer, affine in zip(self._layers, self._norms[:-1], strict=True):
            x_in, normalised = normalise(x, affine)
            steps = layer.read(x_in, states[:, layer.at_h], states[:, layer.at_c])
            norms.append(normalised)
            layers.append(steps)
            new[:, layer.at_h], new[:, layer.at_c] = steps[-1].h, steps[-1].c
            h = np.stack([step.h for step in steps])
            x = x + h if layer.residual else h
        output, normalised = normalise(x[-1], self._norms[-1])
        if self._projection:
            weight, bias = self._projection
            output = _activate(output @ weight.T + bias, config.activation)
        return Reading(output, new, [*norms, normalised], layers)

    def logits(self, output: Array) -> Array:
        """Returns the logits (B, V) for softmax inputs (B, D)."""
        logits: Array = output @ self._decoder.T
        logits += self._bias
        return logits

    def gradient(self, reading: Reading, d_logits: Array) -> Array:
        """Returns the gradient (T, B, E) with respect to the embeddings that were read.

        `d_logits`, (B, V), is the gradient with respect to the logits after the last step.
        """
        d_last = d_logits @ self._decoder
        if self._projection:
            slope = _slope(reading.output, self.config.activation)
            d_last = (d_last * slope) @ self._projection[0]
        d_last = normalise_back(d_last, self._norms[-1], reading.norms[-1])
        d_x = np.zeros((len(reading.layers[0]), *d_last.shape))
        d_x[-1] = d_last
        for layer, steps, normalised, affine in zip(
            self._layers[::-1],
            reading.layers[::-1],
            reading.norms[-2::-1],
            self._norms[-2::-1],
            strict=True,
        ):
            d_in = normalise_back(layer.gradient(steps, d_x), affine, normalised)
            d_x = d_in + d_x if layer.residual else d_in
        return d_x

    @property
    def _decoder(self) -> Floats:
        return self._weights["encoder.weight" if self.config.tied else "decoder.weight"]


def _activate(x: Array, activation: Activation) -> Array:
    """The activation of a projection."""
    if activation == "none":
        return x
    return np.tanh(x) if activation == "tanh" else np.maximum(x, 0)


def _slope(y: Array, activation: Activation) -> Array | float:
    """The derivative of `_activate`, given its value."""
    if activation == "none":
        return 1.0
    return 1 - y**2 if activation == "tanh" else np.where(y > 0, 1.0, 0.0)
