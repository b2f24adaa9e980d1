"""A network whose units are held at given values, behind the interface of every network."""

from collections.abc import Iterable, Sequence

import numpy as np

from rnnrepl.rnn.network import Floats, Ids, Network


class ClampedNetwork:
    """Adds a clamp (S,), NaN where free, to every call of a network; that of a call goes first."""

    def __init__(self, network: Network, clamp: Floats) -> None:
        self.config = network.config
        self.parallel = network.parallel
        self.network = network
        self.clamp = clamp.astype(network.initial().dtype)

    def initial(self) -> Floats:
        return self.network.initial()

    def step(self, id: int, state: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        return self.network.step(id, state, self._merged(clamp))

    def steps(self, ids: Ids, states: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        return self.network.steps(ids, states, self._merged(clamp))

    def forward(
        self, ids: Ids, counts: Sequence[int], states: Floats, clamp: Floats | None = None
    ) -> tuple[Floats, Floats]:
        return self.network.forward(ids, counts, states, self._merged(clamp))

    def trace(
        self, ids: Ids, state: Floats, names: Iterable[str], clamp: Floats | None = None
    ) -> dict[str, Floats]:
        return self.network.trace(ids, state, names, self._merged(clamp))

    def prepare(self, ids: Ids) -> None:
        self.network.prepare(ids)

    def logits(self, hidden: Floats) -> Floats:
        return self.network.logits(hidden)

    def _merged(self, clamp: Floats | None) -> Floats:
        """The network's own clamp, where another one leaves a number free."""
        return self.clamp if clamp is None else np.where(np.isnan(clamp), self.clamp, clamp)
