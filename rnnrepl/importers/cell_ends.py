"""The ends of a network of hand-written cells: embedding or one-hot input, and output layer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnnrepl.importers.inputs import one_hot
from rnnrepl.importers.parts import Matrix
from rnnrepl.rnn.network import Floats

_EMBEDDING_NAME = re.compile(r"emb|encod|wte|lookup|(^|[._/])e$", re.I)
_OUTPUT_NAME = re.compile(
    r"out|dec|head|logit|proj|soft|(^|[._/])(fc|lin\w*|w?_?h?[yvq]|b_?[yvq])$", re.I
)


@dataclass(frozen=True, eq=False)
class CellEnds:
    """A table (V, inputs), an output weight (V, H) and its bias (V,).

    `layouts` says which layouts of the cell agree with that of the output: its rows are outputs
    (False), inputs (True), or either.
    """

    table: Floats
    output: Matrix
    layouts: tuple[bool, ...]

    @property
    def vocabulary(self) -> int:
        return len(self.table)

    def weights(self, bias: Floats | float = 0) -> dict[str, Floats]:
        """The weights, named as in `NetworkConfig.shapes`, with a bias of its own added."""
        own = 0 if self.output.bias is None else self.output.bias
        return {
            "encoder.weight": self.table,
            "decoder.weight": self.output.weight,
            "decoder.bias": np.zeros(self.vocabulary) + own + bias,
        }


def is_end(name: str) -> bool:
    """Whether a name is that of an embedding or an output layer."""
    return bool(_EMBEDDING_NAME.search(name) or _OUTPUT_NAME.search(name))


def find(rest: Sequence[Matrix], inputs: int, hidden: int) -> list[CellEnds]:
    """The ends that some matrices may be, around layers of these sizes; the likeliest first.

    Of two matrices that may be either, names decide, else the embedding comes first.
    """
    if len(rest) == 1:
        return list(_ends(None, rest[0], inputs, hidden))
    if len(rest) != 2:
        return []
    ends = [
        (_named(embedding, output), end)
        for embedding, output in (rest, rest[::-1])
        for end in _ends(embedding, output, inputs, hidden)
    ]
    best = max((named for named, _ in ends), default=0)
    return [end for named, end in ends if named == best]


def _named(embedding: Matrix, output: Matrix) -> int:
    """How many of two names confirm their roles."""
    return bool(_EMBEDDING_NAME.search(embedding.name)) + bool(_OUTPUT_NAME.search(output.name))


def _ends(embedding: Matrix | None, output: Matrix, inputs: int, hidden: int) -> Iterator[CellEnds]:
    for transposed, weight in enumerate(output.layouts()):
        vocabulary, reads = weight.shape
        if reads != hidden:
            continue
        if embedding:
            table = embedding.as_table(vocabulary, inputs)
        else:
            table = one_hot(vocabulary) if inputs == vocabulary else None
        if table is not None:
            layouts = (bool(transposed),) if output.is_parameter else (False, True)
            yield CellEnds(table, Matrix(output.name, weight, output.bias), layouts)
