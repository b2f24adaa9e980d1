"""Recurrent layers and LayerNorm in float64 with their derivatives, written as in torch.nn.

Shapes: T time steps, B texts, H hidden, G gates, S flat state.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.layers import EPS

Array = npt.NDArray[np.float64]


class Step(NamedTuple):
    """One time step of a cell: h and c after it, (B, H), and what its derivative needs."""

    h: Array
    c: Array
    saved: tuple[Array, ...]


class StepGradient(NamedTuple):
    """The gradient with respect to the input and recurrent products, (B, GH), and to h and c.

    That with respect to h leaves out the part through the recurrent product.
    """

    z: Array
    r: Array
    h: Array | float
    c: Array | float


class Layer:
    """A recurrent layer; each cell has `step` and `step_back`, its derivative."""

    def __init__(
        self, config: NetworkConfig, index: int, w: Mapping[str, Array], clamp: Array
    ) -> None:
        size, all_h = config.hidden[index], sum(config.hidden)
        start, cells = sum(config.hidden[:index]), size if config.cell == "lstm" else 0
        self.at_h = slice(start, start + size)
        self.at_c = slice(all_h + start, all_h + start + cells)
        self.residual = config.residual(index)
        self._ih, self._hh = w[f"rnn.weight_ih_l{index}"], w[f"rnn.weight_hh_l{index}"]
        self._b_ih, self._b_hh = w[f"rnn.bias_ih_l{index}"], w[f"rnn.bias_hh_l{index}"]
        self._clamp_h, self._clamp_c = clamp[self.at_h], clamp[self.at_c]
        self.free_h, self.free_c = np.isnan(self._clamp_h), np.isnan(self._clamp_c)
        self._hard, self._reset_first = config.hard_gates, config.reset_first
        self._candidate, self._b_candidate = self._hh[-size:], self._b_hh[-size:]

    def read(self, x: Array, h: Array, c: Array) -> list[Step]:
        """Runs all time steps on x (T, B, in), from h (B, H) and c (B, H)."""
        z, steps = x @ self._ih.T + self._b_ih, []
        for row in z:
            step = self.step(row, h @ self._hh.T + self._b_hh, h, c)
            h, c = step.h, step.c
            steps.append(step)
        return steps

    def gradient(self, steps: list[Step], d_out: Array) -> Array:
        """Returns the gradient (T, B, in), given that with respect to h of all steps (T, B, H)."""
        d_z = np.empty((*d_out.shape[:2], len(self._ih)))
        d_h: Array | float = 0.0
        d_c: Array | float = 0.0
        for t in reversed(range(len(steps))):
            back = self.step_back(steps[t], (d_out[t] + d_h) * self.free_h, d_c)
            d_z[t] = back.z
            d_h, d_c = back.h + back.r @ self._hh, back.c
        return d_z @ self._ih

    def hold_h(self, h: Array) -> Array:
        """Returns h with the clamped units at their values."""
        return np.where(self.free_h, h, self._clamp_h)

    def hold_c(self, c: Array) -> Array:
        """Returns c with the clamped units at their values."""
        return np.where(self.free_c, c, self._clamp_c)

    def gate(self, x: Array) -> Array:
        """The sigmoid of a gate, or its piecewise linear approximation."""
        if self._hard:
            return np.clip(0.2 * x + 0.5, 0, 1)
        return (1 + np.tanh(x / 2)) / 2  # exp(-x) would overflow

    def slope(self, gate: Array) -> Array:
        """The derivative of `gate`, given its value."""
        if self._hard:
            return np.where((gate > 0) & (gate < 1), 0.2, 0.0)
        return gate * (1 - gate)

    def step(self, z: Array, r: Array, h: Array, c: Array) -> Step:
        """One time step from the input and recurrent products z and r (B, GH)."""
        raise AssertionError

    def step_back(self, step: Step, d_h: Array, d_c: Array | float) -> StepGradient:
        """The derivative of `step`, given the gradients with respect to its h and c."""
        raise AssertionError


class LSTM(Layer):
    """Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000."""

    def step(self, z: Array, r: Array, h: Array, c: Array) -> Step:
        i, f, g, o = np.split(z + r, 4, -1)
        i, f, g, o = self.gate(i), self.gate(f), np.tanh(g), self.gate(o)
        new = self.hold_c(f * c + i * g)
        tanh_c = np.tanh(new)
        return Step(self.hold_h(o * tanh_c), new, (i, f, g, o, c, tanh_c))

    def step_back(self, step: Step, d_h: Array, d_c: Array | float) -> StepGradient:
        i, f, g, o, c, tanh_c = step.saved
        d_c = (d_c + d_h * o * (1 - tanh_c**2)) * self.free_c
        parts = (
            d_c * g * self.slope(i),
            d_c * c * self.slope(f),
            d_c * i * (1 - g**2),
            d_h * tanh_c * self.slope(o),
        )
        d_z = np.concatenate(parts, -1)
        return StepGradient(d_z, d_z, 0.0, d_c * f)


class GRU(Layer):
    """Cho et al. 2014, the reset gate after the product or, with `reset_first`, before it."""

    def step(self, z: Array, r: Array, h: Array, c: Array) -> Step:
        (z_r, z_u, z_n), (r_r, r_u, r_n) = np.split(z, 3, -1), np.split(r, 3, -1)
        reset, update = self.gate(z_r + r_r), self.gate(z_u + r_u)
        if self._reset_first:
            n = np.tanh(z_n + (reset * h) @ self._candidate.T + self._b_candidate)
        else:
            n = np.tanh(z_n + reset * r_n)
        new = (1 - update) * n + update * h
        return Step(self.hold_h(new), c, (reset, update, n, r_n, h))

    def step_back(self, step: Step, d_h: Array, d_c: Array | float) -> StepGradient:
        reset, update, n, r_n, h = step.saved
        d_n = d_h * (1 - update) * (1 - n**2)
        d_update = d_h * (h - n) * self.slope(update)
        d_direct = d_h * update
        if self._reset_first:
            d_product = d_n @ self._candidate
            d_reset, d_r_n = d_product * h * self.slope(reset), np.zeros_like(d_n)
            d_direct = d_direct + d_product * reset
        else:
            d_reset, d_r_n = d_n * r_n * self.slope(reset), d_n * reset
        d_z = np.concatenate((d_reset, d_update, d_n), -1)
        d_r = np.concatenate((d_reset, d_update, d_r_n), -1)
        return StepGradient(d_z, d_r, d_direct, 0.0)


class Elman(Layer):
    """Elman 1990."""

    def step(self, z: Array, r: Array, h: Array, c: Array) -> Step:
        new = np.tanh(z + r)
        return Step(self.hold_h(new), c, (new,))

    def step_back(self, step: Step, d_h: Array, d_c: Array | float) -> StepGradient:
        d_z = d_h * (1 - step.saved[0] ** 2)
        return StepGradient(d_z, d_z, 0.0, 0.0)


class ReLU(Layer):
    """Le et al. 2015; the derivative at 0 is 0."""

    def step(self, z: Array, r: Array, h: Array, c: Array) -> Step:
        new = np.maximum(z + r, 0)
        return Step(self.hold_h(new), c, (new,))

    def step_back(self, step: Step, d_h: Array, d_c: Array | float) -> StepGradient:
        d_z = d_h * (step.saved[0] > 0)
        return StepGradient(d_z, d_z, 0.0, 0.0)


LAYERS = {"lstm": LSTM, "gru": GRU, "rnn": Elman, "relu": ReLU}


class Normalised(NamedTuple):
    """The argument of a LayerNorm at mean 0 and variance 1, and its standard deviation."""

    x: Array
    deviation: Array


Affine = tuple[Array, Array] | None  # gain and shift of a LayerNorm


def normalise(x: Array, affine: Affine) -> tuple[Array, Normalised | None]:
    """LayerNorm over the last axis (Ba et al., 2016), if there is one."""
    if affine is None:
        return x, None
    x = x - x.mean(-1, keepdims=True)
    deviation = np.sqrt((x * x).mean(-1, keepdims=True) + EPS)
    x = x / deviation
    return x * affine[0] + affine[1], Normalised(x, deviation)


def normalise_back(d_y: Array, affine: Affine, saved: Normalised | None) -> Array:
    """The derivative of `normalise`."""
    if affine is None or saved is None:
        return d_y
    d_x = d_y * affine[0]
    along = saved.x * (d_x * saved.x).mean(-1, keepdims=True)
    result: Array = (d_x - d_x.mean(-1, keepdims=True) - along) / saved.deviation
    return result
