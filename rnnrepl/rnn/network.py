"""The interface of all runtimes: `step`, `steps` and `forward`, from state to state.

Shapes: B texts, T time steps, N tokens, V vocabulary, D width of the softmax input, S flat state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.rnn.config import NetworkConfig

MAX_SQUARE = 1e30  # of a sum over the state; float32 ends at 3e38

NO_TOKEN = -1  # the id of a context before the first token of a text: there is nothing to read

Floats = npt.NDArray[np.floating]
Float64s = npt.NDArray[np.float64]
Ids = npt.NDArray[np.integer]


class Network(Protocol):
    """A trained network. It keeps no recurrent state: states are passed in and returned.

    A state is flat, (S,) or (B, S): h of layer 0, h of layer 1, ..., then for LSTM c of layer 0,
    c of layer 1, ... The id `config.start` means x<1> = 0.

    A clamp, (S,) or (B, S), holds a value for each number of the state, or NaN where it is free. A
    clamped number has its value after every time step, so that all later computation uses it: the
    rest of the step (a c before its h), the layers above, and the next step.
    """

    config: NetworkConfig
    parallel: bool  # whether batches are best read in parallel, one per core

    def initial(self) -> Floats:
        """Returns a<0>, a new array (S,)."""

    def step(self, id: int, state: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        """Reads one token; returns the logits (V,) of the next token and the new state (S,)."""

    def steps(self, ids: Ids, states: Floats, clamp: Floats | None = None) -> tuple[Floats, Floats]:
        """Reads one token of each text, ids (B,); returns logits (B, V) and new states (B, S)."""

    def forward(
        self, ids: Ids, counts: Sequence[int], states: Floats, clamp: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Reads packed ids (N,) from states (B, S); returns softmax inputs (N, D) and new states.

        The ids are packed as in torch's PackedSequence: time step by time step, longer texts
        first. Step t reads one id of each of the first `counts[t]` texts, so `counts[0]` is B. The
        state of a text that has ended does not change.
        """

    def trace(
        self, ids: Ids, state: Floats, names: Iterable[str], clamp: Floats | None = None
    ) -> dict[str, Floats]:
        """Reads ids (T,) from a state (S,); returns the named signals, each (T, width).

        `rnnrepl.rnn.signals` lists the names. Row t holds the values of the time step that reads
        ids[t]. Raises RnnreplError for a signal that the network does not have.
        """

    def prepare(self, ids: Ids) -> None:
        """Fills the tables for these ids, which threads share; call it before parallel reading."""

    def logits(self, hidden: Floats) -> Floats:
        """Returns the logits (N, V) for the softmax inputs (N, D) of `forward`."""


def check_range(numbers: Floats) -> None:
    """Raises RnnreplError unless the squares of a network's numbers add up to less than MAX_SQUARE.

    Only a ReLU network, or one with a large clamp, exceeds that. Below it nothing overflows that
    is computed from these numbers with weights of at most `checkpoint.MAX_WEIGHT`.
    """
    # The transpose of an array in Fortran order is flattened without a copy. NaN compares false.
    flat = (numbers if numbers.flags.c_contiguous else numbers.T).ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        square = flat.dot(flat)
    if not square < MAX_SQUARE:
        raise RnnreplError(
            "The hidden state of the model overflows on this text: its weights are too large."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A position in a text: the state (S,) before its last token, and the id of that token.

    At the start of a text the id is `config.start` (x<1> = 0), the model's start token, or NO_TOKEN
    for a model that does not predict a first token. A context is immutable, so it can be kept and
    continued from any number of times.
    """

    state: Floats
    id: int

    @property
    def checked_id(self) -> int:
        """The id; raises RnnreplError where there is none, so that nothing can be predicted."""
        if self.id == NO_TOKEN:
            raise usage("The model does not predict the first token of a text: give its beginning.")
        return self.id
