"""Recurrent layers on numpy arrays: one time step of one text or of a batch, in place.

Shapes: N tokens, H hidden, G gates; `...` is empty for one text and (B,) for a batch.

Since sigmoid(x) = (1 + tanh(x/2)) / 2, the halving is folded into the weights and one tanh serves
all gates; those of an LSTM are reordered to i, f, o, g, which makes the three sigmoids adjacent.
The slope of hard sigmoids, clip(x/5 + 1/2, 0, 1), is folded into the weights in the same way.

The gates of one text are adjacent, (GH,). For a batch they are separate, (G, ..., H), so that each
gate is one contiguous block and numpy needs no inner loop per row.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from rnnrepl.rnn.config import GATES, HARD_SLOPE, NetworkConfig
from rnnrepl.rnn.network import Floats

Gates = tuple[Any, ...]  # the index of all sigmoid gates, then that of each gate

EPS = 1e-5  # LayerNorm's, as in torch.nn

TILE = 64  # columns of a product of a few rows
SMALL = 1_000_000  # multiplications of a product that OpenBLAS computes without copying its factors


def normalised(x: Floats) -> Floats:
    """LayerNorm without gain and shift: (x - mean) / sqrt(var + eps) over the last axis."""
    n = x.shape[-1]
    if x.ndim == 1:  # one text: scalars are twice as fast as arrays of size 1
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
        self._at_h, self._at_c = _clamped(h), _clamped(c)
        self._values_h, self._values_c = h[self._at_h], c[self._at_c]

    def row(self, rows: int | slice) -> "Clamp":
        """Returns the clamp of some texts of a batch."""
        return Clamp(self._h[rows], self._c[rows])

    def hold_h(self, h: Floats) -> None:
        """Sets the clamped units of h, in place."""
        h[self._at_h] = self._values_h

    def hold_c(self, c: Floats) -> None:
        """Sets the clamped units of c, in place."""
        c[self._at_c] = self._values_c


def _clamped(values: Floats) -> tuple[Any, ...]:
    """The index of the clamped units in an array (..., H), which may have more axes in front."""
    return (..., *np.nonzero(~np.isnan(values)))


class Layer:
    """One recurrent layer: its slices of the flat state and its preprocessed weights."""

    additive = True  # whether the preactivations are the sum of what `advance` is given

    def __init__(self, config: NetworkConfig, index: int, w: Mapping[str, Floats]) -> None:
        self.index = index
        self.size = config.hidden[index]
        self.residual = config.residual(index)
        self.hard = config.hard_gates
        self.slope = HARD_SLOPE if self.hard else 0.5  # folded into the weights of the gates
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
        self.half = ih.dtype.type(0.5)  # a Python float would be converted at each step
        size, count = self.size, GATES[config.cell]
        self.adjacent: Gates = (
            (..., slice(0, (count - 1) * size)),
            *((..., slice(k * size, (k + 1) * size)) for k in range(count)),
        )
        self.separate: Gates = (slice(0, count - 1), *range(count))

    @cached_property
    def both(self) -> Floats:
        """[W_ih W_hh] in one contiguous array, which numpy need not copy for a product."""
        return np.concatenate([self.ih, self.hh], 1)

    @cached_property
    def recurrent(self) -> Floats:
        """W_hh of each gate, transposed, (G, H, H): faster for small batches."""
        return self._split(self.hh.T)

    @cached_property
    def tiles(self) -> Floats:
        """`recurrent` in tiles of columns, (G, P, H, TILE), each of them contiguous."""
        gates, size, _ = self.recurrent.shape
        tiles = self.recurrent.reshape(gates, size, -1, TILE).swapaxes(1, 2)
        return np.ascontiguousarray(tiles)

    def recurrence(self, h: Floats) -> Floats:
        """Returns the products of h (B, H) with the recurrent weights of each gate, (G, B, H).

        A product below SMALL is computed in tiles: BLAS then works on the weights where they are,
        without copying them for each product, which takes most of the time for a few rows.
        """
        products: Floats = np.empty((len(self.recurrent), len(h), self.size), h.dtype)
        if self.size % TILE or len(h) * TILE * self.size > SMALL:
            return np.matmul(h, self.recurrent, out=products)
        tiles = products.reshape(*products.shape[:2], -1, TILE).swapaxes(1, 2)
        np.matmul(h, self.tiles, out=tiles)
        return products

    def _split(self, rows: Floats) -> Floats:
        """Separates the gates of rows (N, GH): (G, N, H)."""
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
        """Runs all time steps of packed inputs, given their products z (N, GH).

        z is (T, GH) if all texts of a batch read the same T tokens; it is overwritten. Returns h
        after each token, (N, H); h and c, (B, H), are updated in place. `cells`, (N, H), receives c
        after each token.
        """
        out = np.empty((sum(counts), self.size), z.dtype)
        if len(h) == 1:
            only = clamp.row(0) if clamp else None
            for t in range(len(z)):
                self.advance(z[t], self.hh.dot(h[0]), c[0], h[0], self.adjacent, only)
                out[t] = h[0]
                if cells is not None:
                    cells[t] = c[0]
            return out
        rows, same = len(h), len(z) == len(counts)
        for t, (start, end) in enumerate(pairwise(accumulate(counts, initial=0))):
            n = end - start
            if clamp and n < rows:
                clamp, rows = clamp.row(slice(n)), n
            r, inputs = self.recurrence(h[:n]), z[t : t + 1] if same else z[start:end]
            separated = inputs.reshape(len(inputs), -1, self.size).swapaxes(0, 1)
            if self.additive:
                self.advance(r, separated, c[:n], h[:n], self.separate, clamp)
            else:
                copied = np.broadcast_to(separated, r.shape).copy()
                self.advance(copied, r, c[:n], h[:n], self.separate, clamp)
            out[start:end] = h[:n]
            if cells is not None:
                cells[start:end] = c[:n]
        return out

    def clamp(self, values: Floats | None) -> Clamp | None:
        """Returns the part of a clamp of the flat state, (..., S), that concerns this layer."""
        return None if values is None else Clamp(values[..., self.h], values[..., self.c])

    def same(self, states: Floats, clamp: Floats | None) -> bool:
        """Whether this layer's part of the states (B, S) and of the clamp is the same in all."""
        arrays = [array for array in (states, clamp) if array is not None]
        parts = [array[:, part] for array in arrays for part in (self.h, self.c)]
        return all(
            ((part == part[:1]) | np.isnan(part) & np.isnan(part[:1])).all() for part in parts
        )

    def gates(self, z: Floats, before: Floats) -> dict[str, Floats]:
        """Returns each gate (T, H) by its name in `signals`; none for a cell without gates.

        z, (T, GH), are the input products and are overwritten; `before`, (T, H), is h before each.
        """
        return {}

    def merged(self, bias_hh: Floats) -> Floats:
        """Returns the part of the recurrent bias that can be added to the input bias."""
        return bias_hh

    def arranged(self, rows: Floats) -> Floats:
        """Returns weights or biases with the rows ordered and scaled as `advance` expects."""
        return np.ascontiguousarray(rows)

    def squash(self, gates: Floats) -> None:
        """Applies the sigmoid, or hard sigmoid, to preactivations of `arranged` rows, in place."""
        if self.hard:
            gates += self.half
            np.clip(gates, 0, 1, gates)
        else:
            np.tanh(gates, gates)
            gates *= self.half
            gates += self.half

    def step(self, x: Floats, c: Floats, h: Floats, clamp: Clamp | None = None) -> None:
        """Runs one time step in place on input x (..., in), with one product with [x; h].

        `dot` is used instead of `@`, whose overhead is half of the time for small matrices.
        """
        z = self.both.dot(np.concatenate((x.T, h.T))).T
        self.advance(z, self.bias, c, h, self.adjacent, clamp)

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        """Runs one time step in place, given two summands of the gates' preactivations.

        `gates` says how the gates are arranged in z and r; z is overwritten. c and h, (..., H),
        are updated. Implemented by each cell.
        """
        raise AssertionError
