"""What surrounds the recurrent layers of a model: embedding, LayerNorm, projection and output.

Roles follow from the shapes. An activation between two layers leaves no weights, so two linear
layers have several readings, unless a module says which activation it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.inputs import numbers, one_hot
from rnnrepl.importers.parts import Matrix, Norm, Parts, Vector, describe_matrices
from rnnrepl.importers.recurrent_layers import RecurrentLayer
from rnnrepl.importers.weights import WeightSet
from rnnrepl.rnn.config import Activation
from rnnrepl.rnn.layers import normalised
from rnnrepl.rnn.network import Floats

ACTIVATIONS: Final[dict[str, Activation]] = {"ReLU": "relu", "Tanh": "tanh"}  # of torch.nn
_EMBEDDING_NAME = re.compile(r"emb|encod|wte|lookup|token", re.IGNORECASE)
_NORM_OF_EMBEDDING = re.compile(r"emb|inp|pre", re.IGNORECASE)
_NORM_OF_OUTPUT = re.compile(r"out|post|final|ln_?f|rnn|lstm|gru|hid|dec|head", re.IGNORECASE)
_TIED: Final = "The embedding is assumed to be the weight of the output layer, the only one stored."
_PLACES: Final[dict[Activation, str]] = {
    "relu": "a ReLU follows {after}",
    "none": "no activation follows {after}",
    "tanh": "a tanh follows {after}",
}


@dataclass(frozen=True, eq=False)
class End:
    """Weights of the ends of a network, its settings, and how it differs from other readings."""

    weights: dict[str, Floats]
    settings: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    choice: str = ""


@dataclass(frozen=True, eq=False)
class Ends:
    """All readings of the ends, and why none is assumed, as in `Readings`."""

    all: list[End]
    unsure: str = ""


@dataclass(frozen=True, eq=False)
class _Roles:
    """A matrix for each role; None where the model has none."""

    embedding: Matrix | None
    projection: Matrix | None
    output: Matrix | None


def infer(parts: Parts, layers: list[RecurrentLayer], weights: WeightSet, summary: str) -> Ends:
    """The readings of everything but the recurrent layers.

    Raises RnnreplError, one sentence with what was recognised, where the shapes do not fit.
    """
    inputs, hidden = layers[0].inputs, layers[-1].hidden
    roles = [r for r in _all_roles(parts.matrices) if _fits(r, inputs, hidden, parts)]
    fewest = min((r.projection is not None for r in roles), default=False)
    roles = [r for r in roles if (r.projection is not None) == fewest]
    if len(roles) > 1:  # matrices of one shape: names decide, else the order of the file
        roles = [
            r for r in roles if r.embedding and _EMBEDDING_NAME.search(r.embedding.name)
        ] or roles
    if not roles or parts.others:
        raise RnnreplError(misfit(parts, inputs, hidden, summary))
    named, notes = _weights(roles[0], inputs, parts)
    named |= _norms(parts, layers, roles[0], named)
    ends = _with_activations(
        End(named, {}, notes), roles[0], hidden, weights, misfit(parts, inputs, hidden, summary)
    )
    return ends if "encoder.weight" in named else _with_numbers(ends)


def _all_roles(matrices: list[Matrix]) -> Iterator[_Roles]:
    options = [None, *matrices]
    for embedding in options:
        for projection in options if len(matrices) > 1 else [None]:
            for output in options:
                used = [m for m in (embedding, projection, output) if m]
                if len(used) == len(matrices) == len({id(m) for m in used}):
                    if output is None:
                        yield _Roles(embedding, projection, None)
                        continue
                    for weight in output.layouts():
                        yield _Roles(embedding, projection, replace(output, weight=weight))


def _fits(roles: _Roles, inputs: int, hidden: int, parts: Parts) -> bool:
    embedding, projection, output = roles.embedding, roles.projection, roles.output
    width = hidden
    if projection:
        width, reads = projection.weight.shape
        if reads != hidden or output is None:
            return False
    lone = [len(vector.weight) for vector in parts.vectors]
    if output is None:  # tied to the embedding, whose bias alone is stored
        return embedding is not None and inputs == width and lone == [len(embedding.weight)]
    vocabulary = len(output.weight)
    if output.weight.shape[1] != width or (
        lone and (output.bias is not None or lone != [vocabulary])
    ):
        return False
    if embedding is None:
        return (inputs in (1, vocabulary) and vocabulary > 1) or inputs == output.weight.shape[1]
    return embedding.as_table(vocabulary, inputs) is not None


def _weights(roles: _Roles, inputs: int, parts: Parts) -> tuple[dict[str, Floats], tuple[str, ...]]:
    named: dict[str, Floats] = {}
    embedding = roles.embedding
    notes: tuple[str, ...] = ()
    if embedding and embedding.bias is not None:  # a linear layer that reads one-hot vectors
        named["encoder.weight"] = embedding.weight.T + embedding.bias
    elif embedding:
        named["encoder.weight"] = embedding.weight
    else:
        assert roles.output
        table = roles.output.weight
        if inputs == len(table):
            named["encoder.weight"] = one_hot(inputs)
        elif inputs > 1:  # safetensors files hold tied weights once
            named["encoder.weight"], notes = table, (_TIED,)
    if roles.projection:
        named["projection.weight"] = roles.projection.weight
        if roles.projection.bias is not None:
            named["projection.bias"] = roles.projection.bias
    bias = parts.vectors[0].weight if parts.vectors else None
    if roles.output:
        named["decoder.weight"] = roles.output.weight
        bias = roles.output.bias if roles.output.bias is not None else bias
    return named if bias is None else named | {"decoder.bias": bias}, notes


def _with_numbers(ends: Ends) -> Ends:
    """The readings of an input of one number a token, which has no embedding."""
    tables = numbers(len(ends.all[0].weights["decoder.weight"]))
    only = len(ends.all) == 1
    if not only:  # a text must decide, and the first and the last table hardly differ
        tables = tables[:2]
    return Ends(
        [
            replace(
                end,
                weights=end.weights | {"encoder.weight": table},
                choice=choice if only else f"{end.choice}, and that {choice}",
            )
            for end in ends.all
            for choice, table in tables
        ],
        ends.unsure,
    )


# --- LayerNorm ----------------------------------------------------------------------------------


def _norms(
    parts: Parts, layers: list[RecurrentLayer], roles: _Roles, named: dict[str, Floats]
) -> dict[str, Floats]:
    """Places each LayerNorm after the embedding, which it changes, or after the last layer.

    Raises RnnreplError where neither place, or both, are possible.
    """
    placed: dict[str, Floats] = {}
    for norm in parts.norms:
        before = roles.embedding is not None and len(norm.weight) == layers[0].inputs
        modules = {path for path, _ in parts.recurrent}
        after = len(norm.weight) == layers[-1].hidden and (
            len(modules) == 1 or layers[-1].hidden not in [layer.hidden for layer in layers[:-1]]
        )
        if before and after:
            before = bool(_NORM_OF_EMBEDDING.search(norm.name))
            after = bool(_NORM_OF_OUTPUT.search(norm.name))
        place = "norm.weight" if after else "encoder.weight"
        if before == after or place in placed:
            raise RnnreplError(
                f"The model has LayerNorm ({', '.join(norm.name for norm in parts.norms)}), whose "
                "place in the network cannot be known, which is not supported."
            )
        if after:
            placed |= {"norm.weight": norm.weight, "norm.bias": norm.bias}
        else:
            placed["encoder.weight"] = _normed(named["encoder.weight"], norm)
    return placed


def _normed(table: Floats, norm: Norm) -> Floats:
    return normalised(table.astype(np.float64)) * norm.weight + norm.bias


# --- activations --------------------------------------------------------------------------------


def _with_activations(
    end: End, roles: _Roles, hidden: int, weights: WeightSet, misfit: str
) -> Ends:
    """The readings by the activation before the output layer."""
    modules = {
        ACTIVATIONS[name]: path
        for path, module in weights.modules.items()
        if (name := module.class_name.rpartition(".")[2]) in ACTIVATIONS
    }
    if not roles.projection and not modules:
        return Ends([end])
    after = "the last recurrent layer"
    if roles.projection:
        after = f"the layer {roles.projection.name}"
        if (known := _in_sequence(roles, weights)) is not None:
            return Ends([_activated(end, known, after, hidden)])
    likely: list[Activation] = [*modules] or ["relu"]
    order = likely + [activation for activation in _PLACES if activation not in likely]
    unsure = misfit
    if modules:
        names = " and ".join(
            f"{name} ({modules[activation]})"
            for name, activation in ACTIVATIONS.items()
            if activation in modules
        )
        unsure = (
            f"The model has the activation {names}, whose place in the network cannot be known, "
            "which is not supported."
        )
    return Ends([_activated(end, activation, after, hidden) for activation in order], unsure)


def _in_sequence(roles: _Roles, weights: WeightSet) -> Activation | None:
    """The activation between projection and output where both are in one nn.Sequential."""
    assert roles.projection and roles.output
    path, _, first = roles.projection.name.rpartition(".")
    other, _, last = roles.output.name.rpartition(".")
    parent = weights.modules.get(path)
    if path != other or parent is None or not parent.class_name.endswith(".Sequential"):
        return None
    names = [name for name in parent.attributes["_modules"] if isinstance(name, str)]
    between = names[names.index(first) + 1 : names.index(last)]
    modules = [weights.modules.get(f"{path}.{name}") for name in between]
    kinds = [module.class_name.rpartition(".")[2] for module in modules if module]
    known = [ACTIVATIONS[kind] for kind in kinds if kind in ACTIVATIONS]
    return known[0] if known else "none"


def _activated(end: End, activation: Activation, after: str, hidden: int) -> End:
    """The end with an activation; without a projection, it follows the identity."""
    named, settings = dict(end.weights), {"activation": activation}
    if "projection.weight" not in named:
        if activation == "none":
            settings = {}
        else:
            named["projection.weight"] = np.eye(hidden, dtype=np.float32)
    return End(named, settings, end.notes, _PLACES[activation].format(after=after))


# --- refusals -----------------------------------------------------------------------------------


def misfit(parts: Parts, inputs: int, hidden: int, summary: str) -> str:
    """What was recognised, and what does not fit."""
    embeddings = [
        m
        for m in parts.matrices
        if m.bias is None
        and m.weight.shape[1] == inputs
        and not (m.is_parameter and len(m.weight) == hidden)  # an output that multiplies rows
    ]
    embeddings = embeddings[:1] if len(parts.matrices) > 1 or inputs != hidden else []
    linear = [matrix for matrix in parts.matrices if matrix not in embeddings]
    seen = [f"embedding {m.weight.shape}" for m in embeddings] + [summary]
    modules = [matrix for matrix in linear if not matrix.is_parameter]
    parameters = [matrix for matrix in linear if matrix.is_parameter]
    if modules:
        seen.append(describe_matrices(modules))
    others = [Vector(m.name, m.weight) for m in parameters] + parts.vectors + parts.others
    seen += [f"{v.name} {v.weight.shape}" for v in others[:4]]
    if not linear:
        reason = "no output layer"
    elif len(linear) > 1:
        reason = "one too many" if len(linear) == 2 else f"{len(linear) - 1} too many"
    elif parameters and hidden not in linear[0].weight.shape:
        reason = f"{linear[0].name} does not read {hidden:,} units"
    elif parts.vectors or parts.others:
        reason = "more than one plain recurrent model has"
    elif not embeddings:
        reason = f"the input of {inputs:,} is not the output of {len(linear[0].weight):,}"
    else:
        reason = f"the output layer reads {linear[0].weight.shape[1]:,} instead of {hidden:,}"
        if linear[0].weight.shape[1] == hidden:
            reason = "embedding and output have different vocabularies"
    return f"The weights are not one plain recurrent model: {', '.join(seen)}: {reason}."
