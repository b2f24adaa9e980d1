"""What every runtime offers: one token at a time, or a whole batch; state in, state out.

Shapes: B texts, T time steps, N tokens, V vocabulary, D the width the softmax reads, S the
flat state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.config import NetworkConfig

Floats = npt.NDArray[np.floating]
Ids = npt.NDArray[np.integer]


class Network(Protocol):
    """A network that can be run. It keeps no state of its own: a state is a value, yours to copy.

    A state is flat, (S,) or (B, S): h of layer 0, h of layer 1, ..., then for LSTM c of layer 0,
    c of layer 1, ... The id `config.start` stands for x<1> = 0.

    A clamp, (S,) or (B, S), holds a value for each number of the state, or NaN where it is free. A
    clamped number has its value after every time step, so that all later computation uses it: the
    rest of the step (a c before its h), the layers above, and the next step.
    """

    config: NetworkConfig
    parallel: bool  # whether batches are best read in parallel, one per core

    def initial(self) -> Floats:
        """a<0>, as a fresh array: (S,)."""

    def step(self, id: int, state: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        """Reads one token: the logits (V,) of the next one, and the new state (S,)."""

    def steps(self, ids: Ids, states: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        """Reads one token of each text, ids (B,): logits (B, V), new states (B, S)."""

    def forward(
        self, ids: Ids, counts: Sequence[int], states: Floats, clamp: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Reads packed ids (N,) from states (B, S): what the softmax reads (N, D), new states.

        Packed as torch packs them, step by step: first one id of each text, then the next of each
        that has one. Longer texts stand before shorter ones, so that step t reads one id of each of
        the first `counts[t]`, and step 0 of all B. The state of a text that has ended stays as it
        is.
        """

    def trace(
        self, ids: Ids, state: Floats, names: Iterable[str], clamp: Floats | None = None
    ) -> dict[str, Floats]:
        """Reads ids (T,) from a state (S,): the signals of these names, each (T, width).

        `rnnrepl.rnn.signals` lists the names. Row t holds the values of the time step that reads
        ids[t]. Raises RnnreplError for a signal that the network does not have.
        """

    def prepare(self, ids: Ids) -> None:
        """Makes ready what is shared by those who are about to read these ids, each on a core."""

    def logits(self, hidden: Floats) -> Floats:
        """The softmax's argument (N, V) for what `forward` gave (N, D)."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """Where a text stands: the state (S,) before its last token, and that token, yet to be read.

    At the start of a text the token is `config.start` (x<1> = 0) or the model's start token. A
    context is never changed, so keeping one is enough to come back to it.
    """

    state: Floats
    id: int
