"""The recurrent layers on numpy arrays: one time step, of one text or of many, in place.

Shapes: N tokens, H hidden, G gates; `...` is nothing for one text, and their number for many.

Sigmoid(x) = (1 + tanh(x/2)) / 2, so the halving goes into the weights and one tanh serves all
gates; an LSTM's are reordered to i, f, o, g so that the three sigmoids lie side by side.

The gates of one text lie side by side too, (GH,). Those of many rows are kept apart, (G, ..., H):
each is one block of memory then, and goes through numpy without a halt at every row.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from rnnrepl.rnn.config import GATES, NetworkConfig
from rnnrepl.rnn.network import Floats

Gates = tuple[Any, ...]  # where the sigmoids lie among the gates, and then each gate

EPS = 1e-5  # LayerNorm's, as in torch.nn


def normalised(x: Floats) -> Floats:
    """LayerNorm's (x - mean) / sqrt(var + eps) over the last axis; gain and shift are elsewhere."""
    n = x.shape[-1]
    if x.ndim == 1:  # a step: numbers are twice as fast as arrays of one
        x = x - np.add.reduce(x) / n
        x *= (x.dot(x) / n + EPS) ** -0.5
        return x
    x = x - np.add.reduce(x, -1, keepdims=True) / n
    x /= np.sqrt(np.add.reduce(x * x, -1, keepdims=True) / n + EPS)
    return x


class Clamp:
    """Values (..., H) that units of a layer have after every time step; NaN where free."""

    def __init__(self, h: Floats, c: Floats) -> None:
        self._h, self._c = h, c
        self._at_h, self._at_c = ~np.isnan(h), ~np.isnan(c)

    def row(self, rows: int | slice) -> "Clamp":
        """The clamp of some texts of a batch."""
        return Clamp(self._h[rows], self._c[rows])

    def hold_h(self, h: Floats) -> None:
        """Sets the clamped units of h, in place."""
        np.copyto(h, self._h, where=self._at_h)

    def hold_c(self, c: Floats) -> None:
        """Sets the clamped units of c, in place."""
        np.copyto(c, self._c, where=self._at_c)


class Layer:
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
        size, count = self.size, GATES[config.cell]
        self.beside: Gates = (
            (..., slice(0, (count - 1) * size)),
            *((..., slice(k * size, (k + 1) * size)) for k in range(count)),
        )
        self.apart: Gates = (slice(0, count - 1), *range(count))

    @cached_property
    def both(self) -> Floats:
        """[W_ih W_hh], a copy: numpy would copy a part of a matrix at every product."""
        return np.concatenate([self.ih, self.hh], 1)

    @cached_property
    def recurrent(self) -> Floats:
        """W_hh of each gate for many texts, transposed, (G, H, H): few rows are faster so."""
        return self._split(self.hh.T)

    def _split(self, rows: Floats) -> Floats:
        """Rows (N, GH) with their gates apart: (G, N, H)."""
        return np.ascontiguousarray(rows.reshape(len(rows), -1, self.size).swapaxes(0, 1))

    def read(
        self,
        z: Floats,
        counts: Sequence[int],
        h: Floats,
        c: Floats,
        clamp: Clamp | None = None,
        cells: Floats | None = None,
    ) -> Floats:
        """All time steps of packed inputs, from their products (N, GH): h after each, (N, H).

        h and c, (B, H), become those after the last. `cells`, (N, H), receives c after each.
        """
        out = np.empty((len(z), self.size), z.dtype)
        if len(h) == 1:
            only = clamp.row(0) if clamp else None
            for t in range(len(z)):
                self.advance(z[t], self.hh.dot(h[0]), c[0], h[0], self.beside, only)
                out[t] = h[0]
                if cells is not None:
                    cells[t] = c[0]
            return out
        for start, end in pairwise(accumulate(counts, initial=0)):
            n = end - start
            r = np.matmul(h[:n], self.recurrent)
            first = clamp.row(slice(n)) if clamp else None
            self.advance(self._split(z[start:end]), r, c[:n], h[:n], self.apart, first)
            out[start:end] = h[:n]
            if cells is not None:
                cells[start:end] = c[:n]
        return out

    def clamp(self, values: Floats | None) -> Clamp | None:
        """The part of a clamp of the flat state, (..., S), that concerns this layer."""
        return None if values is None else Clamp(values[..., self.h], values[..., self.c])

    def gates(self, z: Floats, before: Floats) -> dict[str, Floats]:
        """Each gate (T, H) by its name in `signals`, from input products and h before, (T, ...).

        z is scratch. A cell without gates returns none.
        """
        return {}

    def merged(self, bias_hh: Floats) -> Floats:
        """What of the recurrent bias may be added to the input's."""
        return bias_hh

    def arranged(self, rows: Floats) -> Floats:
        """Weights or biases with their rows ordered and scaled as `advance` wants them."""
        return np.ascontiguousarray(rows)

    def step(self, x: Floats, c: Floats, h: Floats, clamp: Clamp | None = None) -> None:
        """One time step in place, from the input x (..., in): one product with [x; h].

        `dot`, not `@`: for small matrices the operator's own overhead is half of the time.
        """
        z = self.both.dot(np.concatenate((x.T, h.T))).T
        self.advance(z, self.bias, c, h, self.beside, clamp)

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        """One time step in place, from two parts of the sums, such as input and recurrent product.

        z and r have their gates where `gates` says, and z is scratch; c and h, (..., H), hold the
        old state and get the new. Each cell has its own.
        """
        raise AssertionError


class LSTM(Layer):
    """c = f c + i g, h = o tanh(c): Hochreiter and Schmidhuber 1997, with Gers' forget gate."""

    def arranged(self, rows: Floats) -> Floats:
        i, f, g, o = np.split(rows, GATES["lstm"])
        return np.concatenate([i / 2, f / 2, o / 2, g])

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        of, i, f, o, g = gates
        z += r
        np.tanh(z, z)
        sigmoids = z[of]
        sigmoids *= self.half
        sigmoids += self.half
        c *= z[f]
        new = z[i]
        new *= z[g]
        c += new
        if clamp:
            clamp.hold_c(c)
        np.tanh(c, h)
        h *= z[o]
        if clamp:
            clamp.hold_h(h)

    def gates(self, z: Floats, before: Floats) -> dict[str, Floats]:
        z += before @ self.hh.T
        np.tanh(z, z)
        z[self.beside[0]] *= self.half
        z[self.beside[0]] += self.half
        names = ("input", "forget", "output", "cell")
        return {name: z[place] for name, place in zip(names, self.beside[1:], strict=True)}


class GRU(Layer):
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

    def step(self, x: Floats, c: Floats, h: Floats, clamp: Clamp | None = None) -> None:
        z: Floats = self.ih.dot(x.T).T
        z += self.bias
        self.advance(z, self.hh.dot(h.T).T, c, h, self.beside, clamp)

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        """Here r is the state's product, and scratch."""
        of, reset, update, candidate = gates
        sigmoids = z[of]
        sigmoids += r[of]
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
        if clamp:
            clamp.hold_h(h)

    def gates(self, z: Floats, before: Floats) -> dict[str, Floats]:
        # `advance` leaves each gate in its place of z.
        self.advance(z, before @ self.hh.T, before[:, :0], before.copy(), self.beside)
        names = ("reset", "update", "new")
        return {name: z[place] for name, place in zip(names, self.beside[1:], strict=True)}


class Elman(Layer):
    """h = tanh(W x + U h + b): Elman 1990."""

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        z += r
        np.tanh(z[gates[1]], h)
        if clamp:
            clamp.hold_h(h)


class ReLU(Layer):
    """h = max(0, W x + U h + b): Le et al. 2015, as in torch.nn."""

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        z += r
        np.maximum(z[gates[1]], 0, out=h)
        if clamp:
            clamp.hold_h(h)


LAYERS = {"lstm": LSTM, "gru": GRU, "rnn": Elman, "relu": ReLU}
