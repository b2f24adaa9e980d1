"""Encoded texts: token ids with their spans, of a whole text or cut into lines."""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np

from rnnrepl.files.chunks import split_lines
from rnnrepl.tokenizer import Ids, Tokenizer


class EncodedText(NamedTuple):
    """A text and its T tokens: ids, starts and ends, each (T,)."""

    text: str
    ids: Ids
    starts: Ids
    ends: Ids

    @classmethod
    def of(cls, text: str, tokenizer: Tokenizer, *, eos: bool) -> Self:
        """Encodes a text; with `eos` the end token follows, if there is one, unless it is there.

        Raises RnnreplError for a text that the tokenizer refuses.
        """
        # int32 arrays at once: lists of numbers would take ten times the memory.
        ids, *edges = (np.asarray(part, np.int32) for part in tokenizer.encode(text))
        end = tokenizer.eos if eos else None
        if end is not None and (not len(ids) or ids[-1] != end):
            ids, *edges = np.append(ids, end), *(np.append(edge, len(text)) for edge in edges)
        return cls(text, ids, *edges)

    def lines(self) -> "Iterator[tuple[slice, EncodedText]]":
        """Yields each line with its line break, and which tokens of the text are its own.

        A token belongs to the line in which it starts, an end token to the last.
        """
        texts = split_lines(self.text)
        breaks = np.cumsum([len(line) for line in texts], dtype=np.intp)
        stops = np.searchsorted(self.starts, breaks)
        stops[-1:] = len(self.ids)
        start = first = 0
        for line, end, stop in zip(texts, breaks.tolist(), stops.tolist(), strict=True):
            own = slice(first, stop)
            ends = np.minimum(self.ends[own], end)
            yield own, EncodedText(line, self.ids[own], self.starts[own] - start, ends - start)
            start, first = end, stop
