"""Surprisal, rank and entropy of tokens as arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnrepl.rnn.network import Float64s

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Measures:
    """Per token: `nats` = -ln P, `rank` from 1, `entropy` of the distribution in nats; each (T,).

    A first token that the model does not predict has nan, 0 and nan. Where only `nats` is filled,
    all tokens have rank 0 and entropy nan.

    `boundary`, (T,), is the -ln P that the token is one of those that end a word, where it is one,
    and else nan.

    `top_ids` and `top_nats`, (T, K), are the most likely tokens at each position, best first.
    """

    nats: Float64s
    rank: Integers
    entropy: Float64s
    boundary: Float64s
    top_ids: Integers
    top_nats: Float64s

    @classmethod
    def empty(cls, tokens: int, top: int) -> "Measures":
        """Allocates arrays for T = `tokens` and K = `top`, in which no token is scored yet."""
        flat, wide = tokens, (tokens, top)
        ranks, ids = np.zeros(flat, np.intp), np.empty(wide, np.intp)
        nats, entropy, boundary = (np.full(flat, np.nan) for _ in range(3))
        return cls(nats, ranks, entropy, boundary, ids, np.full(wide, np.nan))

    @property
    def scored(self) -> npt.NDArray[np.bool_]:
        """Which tokens are scored: all but a first token that the model does not predict."""
        scored: npt.NDArray[np.bool_] = ~np.isnan(self.nats)
        return scored

    def __len__(self) -> int:
        return len(self.nats)

    def __getitem__(self, part: slice) -> "Measures":
        return Measures(*(column[part] for column in self._columns()))

    def __setitem__(self, positions: Integers, measures: "Measures") -> None:
        for own, new in zip(self._columns(), measures._columns(), strict=True):
            own[positions] = new

    def copy(self) -> "Measures":
        """Returns a copy, which keeps no larger arrays in memory."""
        return Measures(*(column.copy() for column in self._columns()))

    def _columns(self) -> tuple[npt.NDArray[Any], ...]:
        return self.nats, self.rank, self.entropy, self.boundary, self.top_ids, self.top_nats
