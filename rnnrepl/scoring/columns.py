"""The tokens of a score, kept as columns of numbers: a record is made when it is looked at."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from typing import overload

import numpy as np

from rnnrepl.results import NATS, Alternative, TokenScore, Unit
from rnnrepl.scoring.surprisal import Measures
from rnnrepl.tokenizer import Ids

_BATCH = 4096  # records made in one go


class Columns(Sequence[TokenScore]):
    """A sequence of records that has some 40 bytes for each of them, and equals their tuple.

    `places` are the tokens' ids and where each starts and ends.
    """

    def __init__(
        self,
        text: str,
        places: tuple[Ids, Ids, Ids],
        measures: Measures,
        *,
        names: Sequence[str],
        unk: int | None,
        unit: Unit,
    ) -> None:
        self._text, self._measures, self._names, self._unit = text, measures, names, unit
        self._unk = -1 if unk is None else unk
        self._ids, self._starts, self._ends = places

    def charged(self, cost: Callable[[str], float]) -> "Columns":
        """The same, where an unknown token costs so many nats more for its text."""
        nats = self._measures.nats.copy()
        for at in np.flatnonzero(self._ids == self._unk).tolist():
            nats[at] += cost(self._text[self._starts[at] : self._ends[at]])
        return Columns(
            self._text,
            (self._ids, self._starts, self._ends),
            replace(self._measures, nats=nats),
            names=self._names,
            unk=self._unk,
            unit=self._unit,
        )

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, at: int) -> TokenScore: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[TokenScore, ...]: ...
    def __getitem__(self, at: int | slice) -> TokenScore | tuple[TokenScore, ...]:
        if isinstance(at, slice):
            return tuple(self._records(at))
        place = range(len(self))[at]
        return next(self._records(slice(place, place + 1)))

    def __iter__(self) -> Iterator[TokenScore]:
        for start in range(0, len(self), _BATCH):
            yield from self._records(slice(start, start + _BATCH))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Columns | tuple):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return repr(tuple(self))

    __hash__ = None  # type: ignore[assignment]  # as that of a list: it may be long

    def _records(self, part: slice) -> Iterator[TokenScore]:
        ids, found, size = self._ids[part], self._measures[part], NATS[self._unit]
        starts, ends = self._starts[part].tolist(), self._ends[part].tolist()
        return map(
            TokenScore,
            [self._text[start:end] for start, end in zip(starts, ends, strict=True)],
            starts,
            ends,
            ids.tolist(),
            (ids == self._unk).tolist(),
            (found.nats / size).tolist(),
            found.rank.tolist(),
            (found.entropy / size).tolist(),
            self._tops(found, size),
        )

    def _tops(self, found: Measures, size: float) -> Iterable[tuple[Alternative, ...]]:
        if not found.top_ids.shape[1]:
            return repeat(())
        names, values = self._names, (found.top_nats / size).tolist()
        return (
            tuple(Alternative(names[id], value) for id, value in zip(ids, surprisals, strict=True))
            for ids, surprisals in zip(found.top_ids.tolist(), values, strict=True)
        )
