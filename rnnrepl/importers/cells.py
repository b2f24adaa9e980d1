"""Hand-written recurrent cells: h = tanh(Wx x + Wh h + b), also with one matrix for [x; h].

Such weights have names of their own and two conventions: matrices that multiply columns, (rows,
columns) = (outputs, inputs) as in torch.nn, or rows, as in `x @ W`. Each assignment of matrices to
roles that fits the sizes is a reading; names decide between several. Whether input or state comes
first in one matrix is not said: the input, unless only the other order gives a network that is not
chaotic.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final, Literal

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import fused_cells
from rnnrepl.importers.gate_names import concatenated
from rnnrepl.importers.inputs import one_hot
from rnnrepl.importers.parts import Matrix, Parts, describe_matrices
from rnnrepl.importers.reading import Reading, Readings
from rnnrepl.importers.stability import likeliest_first
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

Nonlinearity = Literal["tanh", "relu"]

_MOST_MATRICES = 4
_ASSUMED: Final = "The file does not say whether its cells use tanh or ReLU: tanh is assumed."
# How programs name the roles: Wxh, W_xh, Wx, i2h, U; Whh, Wh, h2h; Why, h2o, V, fc, decoder, ...
_NAMES: Final = {
    "input": re.compile(
        r"(^|[._])(w_?)?(x_?2?h?|ax|i_?2?h|in(put)?(2h|_to_hidden)?|u)($|[._])", re.I
    ),
    "recurrent": re.compile(r"(^|[._])(w_?)?(h_?2?h?|aa|hidden_to_hidden|rec\w*)($|[._])", re.I),
    "output": re.compile(
        r"(^|[._])(w_?)?(h_?2?[yoq]|ya|y|o|v|fc|out\w*|dec\w*|lin\w*|\w*logits|hidden_to_out\w*)($|[._])",
        re.I,
    ),
    "embedding": re.compile(r"emb|encod|wte|lookup", re.I),
}
_UNNAMED = re.compile(r"(^|[._])\d+$")  # elements of a list, or arr_0, arr_1 of numpy.savez
_LAST_STATE = re.compile(r"(^|\.)h(idden)?_?(prev|last|state)?$", re.I)  # kept for resuming
_TENSORFLOW = re.compile(r"(lstm|gru|rnn)_cell(_\d+)?/(gates/|candidate/)?(kernel|weights)")
_OUTPUT_BIAS = re.compile(r"y|o$|out|v$|q$|dec|fc", re.I)


@dataclass(frozen=True, eq=False)
class _Assignment:
    """Matrices by role, all as (outputs, inputs)."""

    matrices: dict[str, Matrix]
    transposed: bool
    concatenated: bool

    @property
    def named(self) -> int:
        """How many names confirm their role."""
        return sum(bool(_NAMES[role].search(m.name)) for role, m in self.matrices.items())

    def is_in_order(self, matrices: Sequence[Matrix]) -> bool:
        """Whether the matrix of the input precedes that of the output, as in [Wxh, Whh, Why]."""
        first = self.matrices.get("input", self.matrices["recurrent"])
        return matrices.index(first) < matrices.index(self.matrices["output"])

    def weight(self, role: str) -> Floats:
        weight = self.matrices[role].weight
        return weight.T if self.transposed and role != "embedding" else weight


def nonlinear(nonlinearity: Nonlinearity | None) -> tuple[Cell, tuple[str, ...]]:
    """The cell of an RNN whose file does not name its nonlinearity, with a note if assumed."""
    return ("relu" if nonlinearity == "relu" else "rnn"), () if nonlinearity else (_ASSUMED,)


def infer(parts: Parts, nonlinearity: Nonlinearity | None) -> Readings:
    """The readings of a hand-written cell: one, or two where input and state are one vector.

    Raises RnnreplError where the shapes and names do not leave one assignment of roles.
    """
    assignments = list(_assignments(parts.matrices)) if not parts.others else []
    best = max((assignment.named for assignment in assignments), default=0)
    assignments = [assignment for assignment in assignments if assignment.named == best]
    if all(_UNNAMED.search(matrix.name) for matrix in parts.matrices):
        assignments = [a for a in assignments if a.is_in_order(parts.matrices)]
    if not assignments and not _tensorflow_cell(parts) and (fused := fused_cells.infer(parts)):
        return fused
    if len(assignments) != 1:
        raise RnnreplError(_refusal(parts, len(assignments)))
    (assignment,) = assignments
    cell, notes = nonlinear(nonlinearity)
    weights = _weights(assignment, parts)
    if not assignment.concatenated:
        return Readings([Reading(weights, cell, notes=notes)])
    orders = {False: weights, True: _state_first(weights)}
    return Readings(
        likeliest_first(
            [
                Reading(weights, cell, notes=notes, choice=concatenated(state_first))
                for state_first, weights in orders.items()
            ]
        )
    )


def _assignments(matrices: Sequence[Matrix]) -> Iterator[_Assignment]:
    if len(matrices) > _MOST_MATRICES:
        return
    forms: dict[int, list[tuple[str, ...]]] = {
        2: [("both", "output")],
        3: [("input", "recurrent", "output"), ("embedding", "both", "output")],
        4: [("embedding", "input", "recurrent", "output")],
    }
    for roles in forms.get(len(matrices), []):
        for order in permutations(matrices):
            for transposed in (False, True):
                by_role = dict(zip(roles, order, strict=True))
                concatenated = "both" in by_role
                if concatenated:
                    by_role["recurrent"] = by_role.pop("both")
                assignment = _Assignment(by_role, transposed, concatenated)
                if _fits(assignment):
                    yield assignment


def _fits(assignment: _Assignment) -> bool:
    output, recurrent = assignment.weight("output"), assignment.weight("recurrent")
    vocabulary, hidden = output.shape
    if assignment.concatenated:
        inputs = recurrent.shape[1] - hidden
    else:
        inputs = assignment.weight("input").shape[1]
    embedding = assignment.matrices.get("embedding")
    if embedding and embedding.as_table(vocabulary, inputs) is None:
        return False
    if not embedding and inputs != vocabulary:
        return False
    if assignment.transposed and any(m.bias is not None for m in assignment.matrices.values()):
        return False  # biases of torch.nn.Linear, which has rows of outputs
    if assignment.concatenated:
        return recurrent.shape == (hidden, inputs + hidden)
    return recurrent.shape == (hidden, hidden) and assignment.weight("input").shape == (
        hidden,
        inputs,
    )


def _weights(assignment: _Assignment, parts: Parts) -> dict[str, Floats]:
    output, recurrent = assignment.weight("output"), assignment.weight("recurrent")
    vocabulary, hidden = output.shape
    if not assignment.concatenated:
        recurrent = np.concatenate([assignment.weight("input"), recurrent], 1)
    inputs = recurrent.shape[1] - hidden
    embedding = assignment.matrices.get("embedding")
    table = embedding.as_table(vocabulary, inputs) if embedding else one_hot(vocabulary)
    assert table is not None
    named = {
        "encoder.weight": table,
        "rnn.weight_ih_l0": recurrent[:, :inputs],
        "rnn.weight_hh_l0": recurrent[:, inputs:],
        "decoder.weight": output,
    }
    hidden_bias, output_bias = np.zeros(hidden), np.zeros(vocabulary)
    for role, matrix in assignment.matrices.items():
        if matrix.bias is not None and role != "embedding":
            (output_bias if role == "output" else hidden_bias)[:] += matrix.bias
    for vector in parts.vectors:
        size = len(vector.weight)
        if _LAST_STATE.search(vector.name):
            continue
        if vocabulary != hidden and size in (vocabulary, hidden):
            is_output = size == vocabulary
        elif size == vocabulary:
            is_output = bool(_OUTPUT_BIAS.search(vector.name))
        else:
            raise RnnreplError(f"The weights {vector.name} ({size:,}) have no place in the cell.")
        (output_bias if is_output else hidden_bias)[:] += vector.weight
    return named | {"rnn.bias_ih_l0": hidden_bias, "decoder.bias": output_bias}


def _state_first(weights: dict[str, Floats]) -> dict[str, Floats]:
    """The weights of a cell that reads [h; x] instead of [x; h]."""
    inputs, recurrent = weights["rnn.weight_ih_l0"], weights["rnn.weight_hh_l0"]
    both = np.concatenate([inputs, recurrent], 1)
    hidden = len(recurrent)
    return weights | {"rnn.weight_hh_l0": both[:, :hidden], "rnn.weight_ih_l0": both[:, hidden:]}


def _tensorflow_cell(parts: Parts) -> str:
    return next((m.name for m in parts.matrices if _TENSORFLOW.search(m.name)), "")


def _refusal(parts: Parts, readings: int) -> str:
    names = {matrix.name.rpartition(".")[2] for matrix in parts.matrices}
    if names >= {"i2h", "i2o"}:
        category = ", and a category as input" if "o2o" in names else ""
        return (
            f"The model is the cell of PyTorch's tutorial ({', '.join(sorted(names))}): its output "
            f"layer reads the input beside the state{category}, which is not supported."
        )
    seen = describe_matrices(parts.matrices) if parts.matrices else "no matrices"
    if cell := _tensorflow_cell(parts):
        return (
            f"The weights are of TensorFlow 1: {cell} has input and state in one kernel, and adds "
            "a forget bias that is not in the file, which is not supported."
        )
    if readings:
        return f"The weights may be a hand-written cell ({seen}), but with {readings} readings."
    for matrix in parts.matrices:
        small, large = sorted(matrix.weight.shape)
        if large in (3 * small, 4 * small) and not readings:
            kind = "LSTM" if large == 4 * small else "GRU"
            return (
                f"The weights may be a hand-written {kind} with all gates in one matrix, "
                f"{matrix.name} {matrix.weight.shape}, whose other parts do not fit: {seen}."
            )
    return f"The weights have no recurrent layer of a known form: {seen}."
