"""The tokens of a score as arrays; a record is built when it is accessed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from rnnrepl.results.fields import NATS, Unit
from rnnrepl.results.score_parts import Alternative, TokenScore
from rnnrepl.scoring.measures import Measures
from rnnrepl.tokenizer import Ids

_BATCH = 4096  # records built at a time while iterating


class Columns(Sequence[TokenScore]):
    """A sequence of `TokenScore` that takes about 40 bytes per token and equals their tuple.

    `spans` are three arrays (T,): the ids of the tokens, their start and their end in `text`.
    """

    def __init__(
        self,
        text: str,
        spans: tuple[Ids, Ids, Ids],
        measures: Measures,
        *,
        names: Sequence[str],
        unk: int | None,
        eos: int | None,
        unit: Unit,
    ) -> None:
        self._text, self._measures, self._names, self._unit = text, measures, names, unit
        self._unk, self._eos = (-1 if id is None else id for id in (unk, eos))
        self._ids, self._starts, self._ends = spans

    def charged(self, cost: Callable[[str], float]) -> "Columns":
        """Returns a copy in which each unknown token costs `cost(its text)` nats more."""
        nats = self._measures.nats.copy()
        for t in np.flatnonzero(self._ids == self._unk).tolist():
            nats[t] += cost(self._text[self._starts[t] : self._ends[t]])
        return Columns(
            self._text,
            (self._ids, self._starts, self._ends),
            replace(self._measures, nats=nats),
            names=self._names,
            unk=self._unk,
            eos=self._eos,
            unit=self._unit,
        )

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> TokenScore: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[TokenScore, ...]: ...
    def __getitem__(self, index: int | slice) -> TokenScore | tuple[TokenScore, ...]:
        if isinstance(index, slice):
            return tuple(self._records(index))
        t = range(len(self))[index]
        return next(self._records(slice(t, t + 1)))

    def __iter__(self) -> Iterator[TokenScore]:
        for start in range(0, len(self), _BATCH):
            yield from self._records(slice(start, start + _BATCH))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Columns | tuple):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _records(self, part: slice) -> Iterator[TokenScore]:
        ids, measures, size = self._ids[part], self._measures[part], NATS[self._unit]
        starts, ends = self._starts[part].tolist(), self._ends[part].tolist()
        texts = [self._text[start:end] for start, end in zip(starts, ends, strict=True)]
        return map(
            TokenScore,
            texts,
            starts,
            ends,
            ids.tolist(),
            (ids == self._unk).tolist(),
            _or_none(measures.nats / size, measures.scored),
            _or_none(measures.rank, measures.scored),
            _or_none(measures.entropy / size, measures.scored),
            self._tops(measures, size),
            [self._name(id, text) for id, text in zip(ids.tolist(), texts, strict=True)],
            self._boundaries(part, size),
        )

    def _boundaries(self, part: slice, size: float) -> list[float | None]:
        """The boundaries of tokens that end a word and are no blanks: the letters after one, or the
        end token.
        """
        values = self._measures.boundary
        tokens = range(len(self))[part]
        return [
            value / size if value == value and self._ends_word(t) else None
            for t, value in zip(tokens, values[part].tolist(), strict=True)
        ]

    def _ends_word(self, t: int) -> bool:
        if not t or self._text[self._ends[t - 1] - 1].isspace():
            return False
        is_end = t == len(self) - 1 and self._ids[t] == self._eos
        return is_end or not self._text[self._starts[t] : self._ends[t]].isspace()

    def _name(self, id: int, text: str) -> str | None:
        """The name in the vocabulary, as `tokenization.token_name` gives it."""
        name = self._names[id]
        return None if id == self._unk or name == text else name

    def _tops(self, measures: Measures, size: float) -> Iterable[tuple[Alternative, ...]]:
        if not measures.top_ids.shape[1]:
            return repeat(())
        names, values = self._names, (measures.top_nats / size).tolist()
        return (
            tuple(Alternative(names[id], value) for id, value in zip(ids, surprisals, strict=True))
            if scored
            else ()
            for ids, surprisals, scored in zip(
                measures.top_ids.tolist(), values, measures.scored.tolist(), strict=True
            )
        )


def _or_none(values: npt.NDArray[Any], scored: npt.NDArray[np.bool_]) -> list[Any]:
    """The values as a list, with None for a token that is not scored."""
    items: list[Any] = values.tolist()
    return items if scored.all() else [v if s else None for v, s in zip(items, scored, strict=True)]
