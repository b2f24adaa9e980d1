"""The network on plain numpy arrays: what runs whenever a person waits.

Shapes: B texts, T time steps, V vocabulary, H hidden, G gates, D output, S the flat state.

A step is one matrix-vector product a layer and a handful of elementwise passes. What can be
computed once is computed before:

- the first layer's input product is a row of a table, W_ih embedding + biases, filled on first use;
- LayerNorm's gain and shift are folded into the product that follows it;
- sigmoid(x) = (1 + tanh(x/2)) / 2, so the halving goes into the weights and one tanh serves all
  gates; LSTM rows are reordered to i, f, o, g so that the three sigmoids lie side by side.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.config import GATES, NetworkConfig
from rnnrepl.rnn.network import Floats, Ids

EPS = 1e-5  # LayerNorm's, as in torch.nn


class NumpyNetwork:
    """A `Network` over float32 (or float64) arrays, from weights named as in `NetworkConfig`."""

    def __init__(
        self,
        config: NetworkConfig,
        weights: Mapping[str, Floats],
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.config = config
        w = {name: np.asarray(array, dtype) for name, array in weights.items()}
        self._layers = [_LAYERS[config.cell](config, k, w) for k in range(config.layers)]
        nothing = np.zeros((1, config.embed), dtype)  # x<1> = 0
        self._encoder = np.concatenate([w["encoder.weight"], nothing])
        self._table = np.empty((config.vocabulary + 1, len(self._layers[0].ih)), dtype)
        self._filled = np.zeros(config.vocabulary + 1, bool)
        self._initial = (
            w["initial"] if config.initial == "learnt" else np.zeros(config.state, dtype)
        )
        self._norm = (w["norm.weight"], w["norm.bias"]) if config.norm else None
        self._projection = w.get("projection.weight"), w.get("projection.bias")
        self._decoder = w["encoder.weight" if config.tied else "decoder.weight"]
        self._bias = w["decoder.bias"]

    def initial(self) -> Floats:
        """a<0>, as a fresh array: (S,)."""
        return self._initial.copy()

    def step(self, id: int, state: Floats) -> tuple[Floats, Floats]:
        """Reads one token: the logits (V,) of the next one, and the new state (S,)."""
        new = state.copy()
        x = self._through(self._encoder[id], self._row(id), new)
        return self._decoder.dot(x) + self._bias, new

    def steps(self, ids: Ids, states: Floats) -> tuple[Floats, Floats]:
        """Reads one token of each text, ids (B,): logits (B, V), new states (B, S).

        In memory the texts are columns, so that gates lie side by side and products are faster.
        """
        new = np.array(states, order="F")
        x = self._through(self._encoder[ids], self._rows(ids), new)
        return self.logits(x), new

    def _through(self, x: Floats, z: Floats, new: Floats) -> Floats:
        """All layers, for one text or many: the states become the new ones, in place."""
        for layer in self._layers:
            h, c = new[..., layer.h], new[..., layer.c]
            if layer.index:
                layer.step(_normalised(x) if self._norm else x, c, h)
            else:
                layer.advance(z, layer.hh.dot(h.T).T, c, h)
            x = x + h if layer.residual else h
        return self._output(x)

    def forward(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        """Reads ids (B, T) from states (B, S): what the softmax reads (B, T, D), new states.

        Layer by layer: one product for the inputs of all time steps, then the steps.
        """
        self._fill(ids)
        times = ids.T
        new = state.copy()
        x = self._encoder[times]  # (T, B, E)
        z = self._table[times]  # (T, B, GH)
        for layer in self._layers:
            if layer.index:
                read = _normalised(x) if self._norm else x
                # One product: of three dimensions numpy would make one for each time step.
                z = (read.reshape(-1, read.shape[-1]) @ layer.ih.T).reshape(*times.shape, -1)
                z += layer.bias
            out = np.empty((*times.shape, layer.size), z.dtype)  # (T, B, H)
            h, c = new[:, layer.h], new[:, layer.c]
            r = np.empty_like(z[0])
            for t in range(len(times)):
                out[t] = h
                layer.advance(z[t], np.dot(h, layer.recurrent, r), c, out[t])
                h = out[t]
            new[:, layer.h] = h
            x = x + out if layer.residual else out
        return np.ascontiguousarray(self._output(x).swapaxes(0, 1)), new

    def logits(self, hidden: Floats) -> Floats:
        """The softmax's argument (N, V) for what `forward` gave (N, D)."""
        logits: Floats = hidden @ self._decoder.T
        logits += self._bias
        return logits

    def _row(self, id: int) -> Floats:
        """The first layer's input product for one token, to be written on."""
        if not self._filled[id]:
            first, x = self._layers[0], self._encoder[id]
            self._table[id] = first.ih.dot(_normalised(x) if self._norm else x) + first.bias
            self._filled[id] = True
        row: Floats = self._table[id].copy()
        return row

    def _rows(self, ids: Ids) -> Floats:
        """The same for many tokens (B,), as columns: (B, GH)."""
        if self.config.vocabulary < len(ids):
            return self._columns.take(ids, 1).T
        self._fill(ids)
        distinct, places = np.unique(ids, return_inverse=True)
        return self._table[distinct].T.take(places, 1).T

    @cached_property
    def _columns(self) -> Floats:
        """The whole table with its tokens as columns: (GH, V + 1)."""
        self._fill(np.arange(len(self._table)))
        return np.ascontiguousarray(self._table.T)

    def _fill(self, ids: Ids) -> None:
        """Computes those rows of the table that are not there yet."""
        wanted = np.zeros_like(self._filled)
        wanted[ids] = True
        new = np.flatnonzero(wanted & ~self._filled)
        if len(new):
            first, x = self._layers[0], self._encoder[new]
            self._table[new] = (_normalised(x) if self._norm else x) @ first.ih.T + first.bias
            self._filled[new] = True

    def _output(self, x: Floats) -> Floats:
        if self._norm:
            gain, shift = self._norm
            x = _normalised(x)
            x *= gain
            x += shift
        weight, bias = self._projection
        return x if weight is None else x @ weight.T + bias


def _normalised(x: Floats) -> Floats:
    """LayerNorm's (x - mean) / sqrt(var + eps) over the last axis; gain and shift are elsewhere."""
    n = x.shape[-1]
    if x.ndim == 1:  # a step: numbers are twice as fast as arrays of one
        x = x - np.add.reduce(x) / n
        x *= (x.dot(x) / n + EPS) ** -0.5
        return x
    x = x - np.add.reduce(x, -1, keepdims=True) / n
    x /= np.sqrt(np.add.reduce(x * x, -1, keepdims=True) / n + EPS)
    return x


class _Layer:
    """One recurrent layer: its place in the flat state and its weights, made ready."""

    def __init__(self, config: NetworkConfig, index: int, w: Mapping[str, Floats]) -> None:
        self.index = index
        self.size = config.hidden[index]
        self.residual = config.residual(index)
        start, all_h = sum(config.hidden[:index]), sum(config.hidden)
        self.h = slice(start, start + self.size)
        # Only an LSTM has a c; for the others this slice is empty.
        self.c = slice(all_h + start, all_h + start + self.size)
        ih, hh = w[f"rnn.weight_ih_l{index}"], w[f"rnn.weight_hh_l{index}"]
        bias = w[f"rnn.bias_ih_l{index}"] + self.merged(w[f"rnn.bias_hh_l{index}"])
        if config.norm:
            bias = bias + ih @ w[f"norm.bias_l{index}"]
            ih = ih * w[f"norm.weight_l{index}"]
        self.ih, self.hh, self.bias = self.arranged(ih), self.arranged(hh), self.arranged(bias)
        self.half = ih.dtype.type(0.5)  # a Python float would cost a conversion at each step
        self.gates = [(..., slice(k * self.size, (k + 1) * self.size)) for k in range(4)]
        self.sigmoids = (..., slice(0, (GATES[config.cell] - 1) * self.size))

    @cached_property
    def both(self) -> Floats:
        """[W_ih W_hh], a copy: numpy would copy a part of a matrix at every product."""
        return np.concatenate([self.ih, self.hh], 1)

    @cached_property
    def recurrent(self) -> Floats:
        """W_hh, transposed for many texts: a copy, as products of few rows are faster so."""
        return np.ascontiguousarray(self.hh.T)

    def merged(self, bias_hh: Floats) -> Floats:
        """What of the recurrent bias may be added to the input's."""
        return bias_hh

    def arranged(self, rows: Floats) -> Floats:
        """Weights or biases with their rows ordered and scaled as `advance` wants them."""
        return np.ascontiguousarray(rows)

    def step(self, x: Floats, c: Floats, h: Floats) -> None:
        """One time step in place, from the input x (..., in): one product with [x; h].

        `dot`, not `@`: for small matrices the operator's own overhead is half of the time.
        """
        self.advance(self.both.dot(np.concatenate((x.T, h.T))).T, self.bias, c, h)

    def advance(self, z: Floats, r: Floats, c: Floats, h: Floats) -> None:
        """The same from two parts of the sum, such as the input's product and the state's.

        z and r are (..., GH), and z is scratch; c and h, (..., H), hold the old state and get the
        new. Each cell has its own.
        """
        raise AssertionError


class _LSTM(_Layer):
    """c = f c + i g, h = o tanh(c): Hochreiter and Schmidhuber 1997, with Gers' forget gate."""

    def arranged(self, rows: Floats) -> Floats:
        i, f, g, o = np.split(rows, GATES["lstm"])
        return np.concatenate([i / 2, f / 2, o / 2, g])

    def advance(self, z: Floats, r: Floats, c: Floats, h: Floats) -> None:
        i, f, o, g = self.gates
        z += r
        np.tanh(z, z)
        sigmoids = z[self.sigmoids]
        sigmoids *= self.half
        sigmoids += self.half
        c *= z[f]
        new = z[i]
        new *= z[g]
        c += new
        np.tanh(c, h)
        h *= z[o]


class _GRU(_Layer):
    """h = (1 - z) n + z h, n = tanh(W x + b + r (U h + b')): Cho et al. 2014, as in torch.nn."""

    def __init__(self, config: NetworkConfig, index: int, w: Mapping[str, Floats]) -> None:
        super().__init__(config, index, w)
        self.candidate = w[f"rnn.bias_hh_l{index}"][2 * self.size :]

    def merged(self, bias_hh: Floats) -> Floats:
        # The candidate's recurrent bias stands inside r (...), so it stays apart.
        return np.concatenate([bias_hh[: 2 * self.size], np.zeros_like(bias_hh[: self.size])])

    def arranged(self, rows: Floats) -> Floats:
        r, z, n = np.split(rows, GATES["gru"])
        return np.concatenate([r / 2, z / 2, n])

    def step(self, x: Floats, c: Floats, h: Floats) -> None:
        z: Floats = self.ih.dot(x.T).T
        z += self.bias
        self.advance(z, self.hh.dot(h.T).T, c, h)

    def advance(self, z: Floats, r: Floats, c: Floats, h: Floats) -> None:
        """Here r is the state's product, and scratch."""
        reset, update, candidate, _ = self.gates
        sigmoids = z[self.sigmoids]
        sigmoids += r[self.sigmoids]
        np.tanh(sigmoids, sigmoids)
        sigmoids *= self.half
        sigmoids += self.half
        recurrent = r[candidate]
        recurrent += self.candidate
        recurrent *= z[reset]
        new = z[candidate]
        new += recurrent
        np.tanh(new, new)
        h -= new
        h *= z[update]
        h += new


class _Elman(_Layer):
    """h = tanh(W x + U h + b): Elman 1990."""

    def advance(self, z: Floats, r: Floats, c: Floats, h: Floats) -> None:
        z += r
        np.tanh(z, h)


class _ReLU(_Layer):
    """h = max(0, W x + U h + b): Le et al. 2015, as in torch.nn."""

    def advance(self, z: Floats, r: Floats, c: Floats, h: Floats) -> None:
        z += r
        np.maximum(z, 0, out=h)


_LAYERS = {"lstm": _LSTM, "gru": _GRU, "rnn": _Elman, "relu": _ReLU}
