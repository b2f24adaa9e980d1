"""The numpy runtime, used for all interactive work on a CPU.

Shapes: B texts, T time steps, N tokens, V vocabulary, H hidden, G gates, D output, S the flat
state.

A step is one matrix-vector product per layer and a few elementwise operations. Precomputed are:

- a table of the first layer's input products, W_ih embedding + biases, filled on first use;
- LayerNorm's gain and shift, folded into the product that follows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn import signals
from rnnrepl.rnn.cells import LAYERS
from rnnrepl.rnn.config import Activation, NetworkConfig
from rnnrepl.rnn.layers import normalised
from rnnrepl.rnn.network import Floats, Ids, check_range

SMALL_PRODUCT = 1 << 20  # multiplications up to which OpenBLAS has kernels of their own


def _dot(x: Floats, weight: Floats) -> Floats:
    product: Floats = x @ weight.T
    return product


def _product(x: Floats, weight: Floats) -> Floats:
    """x @ weight.T for rows x (N, D), in which a row does not depend on how many there are.

    BLAS adds up the terms of a single row, and of small products, in another order than those of
    large products, which rounds them otherwise. With AVX2 alone the place of a row matters as well,
    and its last bits do depend on the others.
    """
    rows = max(2, -(-SMALL_PRODUCT // weight.size))
    if len(x) >= rows:
        return x @ weight.T
    padded = np.zeros((rows, x.shape[1]), x.dtype)
    padded[: len(x)] = x
    return (padded @ weight.T)[: len(x)]


class NumpyNetwork:
    """A `Network` over float32 (or float64) arrays, from weights named as in `NetworkConfig`."""

    parallel = True

    def __init__(
        self,
        config: NetworkConfig,
        weights: Mapping[str, Floats],
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.config = config
        w = {name: np.asarray(array, dtype) for name, array in weights.items()}
        self._layers = [LAYERS[config.cell](config, k, w) for k in range(config.layers)]
        nothing = np.zeros((1, config.embed), dtype)  # x<1> = 0
        self._encoder = np.concatenate([w["encoder.weight"], nothing])
        self._table = np.empty((config.vocabulary + 1, len(self._layers[0].ih)), dtype)
        self._filled = np.zeros(config.vocabulary + 1, bool)
        self._initial = (
            w["initial"] if config.initial == "learnt" else np.zeros(config.state, dtype)
        )
        self._norm = config.norm
        self._final_norm = (w["norm.weight"], w["norm.bias"]) if config.final_norm else None
        projected = "projection.weight" in w
        self._projection = (w["projection.weight"], w["projection.bias"]) if projected else None
        self._decoder = w["encoder.weight" if config.tied else "decoder.weight"]
        self._bias = w["decoder.bias"]
        self._bounded = config.cell != "relu"  # the states of the others grow by at most 1 a step

    def initial(self) -> Floats:
        """Returns a<0>, a new array (S,)."""
        return self._initial.copy()

    def step(self, id: int, state: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        """Reads one token; returns the logits (V,) of the next token and the new state (S,)."""
        new = state.copy()
        x = self._through(self._encoder[id], self._row(id), new, clamp)
        if clamp is not None or not self._bounded:
            check_range(new)
        return self._decoder.dot(x) + self._bias, new

    def steps(self, ids: Ids, states: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        """Reads one token of each text, ids (B,); returns logits (B, V) and new states (B, S).

        In memory the texts are columns, which makes the gates contiguous and products faster.
        """
        new = np.array(states, order="F")
        x = self._through(self._encoder[ids], self._rows(ids), new, clamp)
        if clamp is not None or not self._bounded:
            check_range(new)
        logits = x @ self._decoder.T
        logits += self._bias
        return logits, new

    def _through(self, x: Floats, z: Floats, new: Floats, clamp: Floats | None) -> Floats:
        """Runs all layers for one text or many, updating the states in place."""
        for layer in self._layers:
            h, c, held = new[..., layer.h], new[..., layer.c], layer.clamp(clamp)
            if layer.index:
                layer.step(normalised(x) if self._norm else x, c, h, held)
            else:
                layer.advance(z, layer.hh.dot(h.T).T, c, h, layer.adjacent, held)
            x = x + h if layer.residual else h
        return self._output(x)

    def forward(
        self, ids: Ids, counts: Sequence[int], states: Floats, clamp: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Reads packed ids (N,) from states (B, S); returns softmax inputs (N, D) and new states.

        Each layer computes the input product of all time steps at once, then the steps.
        """
        x, new, _ = self._read(ids, counts, states, clamp)
        return self._output(x, _product), new

    def trace(
        self, ids: Ids, state: Floats, names: Iterable[str], clamp: Floats | None = None
    ) -> dict[str, Floats]:
        """Reads ids (T,) from a state (S,); returns the named signals, each (T, width)."""
        names = signals.checked(names, self.config)
        x, _, trace = self._read(ids, [1] * len(ids), state[None], clamp, names)
        if "output" in names or "logits" in names:
            trace["output"] = self._output(x, _product)
        if "logits" in names:
            trace["logits"] = self.logits(trace["output"])
        return {name: trace[name] for name in names}

    def _read(
        self,
        ids: Ids,
        counts: Sequence[int],
        states: Floats,
        clamp: Floats | None,
        names: Sequence[str] = (),
    ) -> tuple[Floats, Floats, dict[str, Floats]]:
        """Returns the output of the last layer (N, H), the new states and a trace of all layers.

        The trace has h and the input of each layer, and what else is among `names`.
        """
        self.prepare(ids)
        new = states.copy()
        trace: dict[str, Floats] = {}
        shared = 1  # how many texts have been the same so far, and are read as one
        if clamp is not None:
            clamp = np.broadcast_to(clamp, new.shape)
            if _same_texts(ids, counts) and not np.isnan(clamp).all():
                shared, ids, counts = len(new), ids[:: len(new)], [1] * len(counts)
        x, z = self._encoder[ids], self._table[ids]
        for layer in self._layers:
            if layer.index:
                z = _product(normalised(x) if self._norm else x, layer.ih)
                z += layer.bias
            if shared > 1 and not layer.same(new, clamp):
                x = np.repeat(x, shared, 0)
                shared, counts = 1, [shared] * len(counts)
            prefix = f"layers.{layer.index}"
            gated = z.copy() if any(name.startswith(f"{prefix}.gates") for name in names) else None
            cells = np.empty((len(z), layer.size), z.dtype) if f"{prefix}.c" in names else None
            first = slice(1 if shared > 1 else None)
            h, c = new[first, layer.h].copy(), new[first, layer.c].copy()
            with np.errstate(over="ignore", invalid="ignore"):  # checked below
                out = layer.read(z, counts, h, c, layer.clamp(clamp), cells)
            trace |= {f"{prefix}.input": x, f"{prefix}.h": out}
            if cells is not None:
                trace[f"{prefix}.c"] = cells
            if gated is not None:
                before = np.concatenate([states[:, layer.h], out])[: len(out)]
                for name, gate in layer.gates(gated, before).items():
                    trace[f"{prefix}.gates.{name}"] = gate
            new[:, layer.h], new[:, layer.c] = h, c
            check_range(out)
            check_range(new)
            x = x + out if layer.residual else out
        return np.repeat(x, shared, 0) if shared > 1 else x, new, trace

    def prepare(self, ids: Ids) -> None:
        """Fills the missing rows of the table."""
        wanted = np.zeros_like(self._filled)
        wanted[ids] = True
        new = np.flatnonzero(wanted & ~self._filled)
        if len(new):
            first, x = self._layers[0], self._encoder[new]
            product = _product(normalised(x) if self._norm else x, first.ih)
            self._table[new] = product + first.bias
            self._filled[new] = True

    def logits(self, hidden: Floats) -> Floats:
        """Returns the logits (N, V) for the softmax inputs (N, D) of `forward`."""
        logits: Floats = _product(hidden, self._decoder)
        logits += self._bias
        return logits

    def _row(self, id: int) -> Floats:
        """Returns a copy of the first layer's input product (GH,) for one token."""
        if not self._filled[id]:
            self.prepare(np.array([id]))
        row: Floats = self._table[id].copy()
        return row

    def _rows(self, ids: Ids) -> Floats:
        """Returns the first layer's input products (B, GH) of tokens (B,), stored by columns."""
        if self.config.vocabulary < len(ids):
            return self._columns.take(ids, 1).T
        self.prepare(ids)
        distinct, places = np.unique(ids, return_inverse=True)
        return self._table[distinct].T.take(places, 1).T

    @cached_property
    def _columns(self) -> Floats:
        """The whole table, transposed: (GH, V + 1)."""
        self.prepare(np.arange(len(self._table)))
        return np.ascontiguousarray(self._table.T)

    def _output(self, x: Floats, product: Callable[[Floats, Floats], Floats] = _dot) -> Floats:
        if self._final_norm:
            gain, shift = self._final_norm
            x = normalised(x)
            x *= gain
            x += shift
        if self._projection is None:
            return x
        weight, bias = self._projection
        return _activated(product(x, weight) + bias, self.config.activation)


def _activated(x: Floats, activation: Activation) -> Floats:
    """The activation of a projection."""
    if activation == "none":
        return x
    return np.tanh(x) if activation == "tanh" else np.maximum(x, 0)


def _same_texts(ids: Ids, counts: Sequence[int]) -> bool:
    """Whether all texts of a packed batch, of which there are several, are the same."""
    rows = counts[0] if counts else 1
    if rows == 1 or counts[-1] != rows:
        return False
    packed = ids.reshape(-1, rows)
    return bool((packed == packed[:, :1]).all())
