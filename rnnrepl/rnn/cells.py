"""The cells on numpy arrays: LSTM, GRU, and Elman's RNN with tanh or ReLU."""

from collections.abc import Mapping

import numpy as np

from rnnrepl.rnn.config import GATES, NetworkConfig
from rnnrepl.rnn.layers import Clamp, Gates, Layer
from rnnrepl.rnn.network import Floats


class LSTM(Layer):
    """c = f c + i g, h = o tanh(c): Hochreiter and Schmidhuber 1997, with Gers' forget gate."""

    def arranged(self, rows: Floats) -> Floats:
        i, f, g, o = np.split(rows, GATES["lstm"])
        return np.concatenate([i * self.slope, f * self.slope, o * self.slope, g])

    def _activate(self, z: Floats, gates: Gates) -> None:
        """Sigmoids and tanh of the preactivations, in place."""
        if self.hard:
            self.squash(z[gates[0]])
            candidate = z[gates[-1]]
            np.tanh(candidate, candidate)
            return
        np.tanh(z, z)
        sigmoids = z[gates[0]]
        sigmoids *= self.half
        sigmoids += self.half

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        _, i, f, o, g = gates
        z += r
        self._activate(z, gates)
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
        self._activate(z, self.adjacent)
        names = ("input", "forget", "output", "cell")
        return {name: z[place] for name, place in zip(names, self.adjacent[1:], strict=True)}


class GRU(Layer):
    """h = (1 - z) n + z h, n = tanh(W x + b + r (U h + b')), as in torch.nn.

    With `reset_first` it is n = tanh(W x + b + U (r h) + b'), as in Cho et al. 2014.
    """

    additive = False

    def __init__(self, config: NetworkConfig, index: int, w: Mapping[str, Floats]) -> None:
        super().__init__(config, index, w)
        self.candidate = w[f"rnn.bias_hh_l{index}"][2 * self.size :]
        self.reset_first = config.reset_first

    def merged(self, bias_hh: Floats) -> Floats:
        # The candidate's recurrent bias is multiplied by r, so it is added separately.
        return np.concatenate([bias_hh[: 2 * self.size], np.zeros_like(bias_hh[: self.size])])

    def arranged(self, rows: Floats) -> Floats:
        r, z, n = np.split(rows, GATES["gru"])
        return np.concatenate([r * self.slope, z * self.slope, n])

    def step(self, x: Floats, c: Floats, h: Floats, clamp: Clamp | None = None) -> None:
        z: Floats = self.ih.dot(x.T).T
        z += self.bias
        self.advance(z, self.hh.dot(h.T).T, c, h, self.adjacent, clamp)

    def advance(
        self, z: Floats, r: Floats, c: Floats, h: Floats, gates: Gates, clamp: Clamp | None = None
    ) -> None:
        """Runs one time step; r is the state's product alone and is overwritten."""
        of, reset, update, candidate = gates
        sigmoids = z[of]
        sigmoids += r[of]
        self.squash(sigmoids)
        if self.reset_first:
            recurrent = self.hh[2 * self.size :].dot((z[reset] * h).T).T
            recurrent += self.candidate
        else:
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
        self.advance(z, before @ self.hh.T, before[:, :0], before.copy(), self.adjacent)
        names = ("reset", "update", "new")
        return {name: z[place] for name, place in zip(names, self.adjacent[1:], strict=True)}


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
