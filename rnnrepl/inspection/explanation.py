"""Explains a prediction: the target at a place of a text, and the contribution of each token."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple, get_args

import numpy as np

from rnnrepl.errors import not_among, usage
from rnnrepl.inspection.attribution import SourceReader, Value
from rnnrepl.inspection.units import clamp_array, parse_clamps
from rnnrepl.ranges import Range
from rnnrepl.results.fields import Baseline, Method
from rnnrepl.results.inspection import Attribution, Explanation
from rnnrepl.rnn.differentiable import DifferentiableNetwork
from rnnrepl.rnn.gradient_layers import Array
from rnnrepl.rnn.network import Context, Ids
from rnnrepl.scoring.base_model import BaseModel
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.tokenizer.tokenization import token_ids, token_name

MAX_SOURCES = 4000
MAX_STEPS, INITIAL_STEPS = 1000, 32  # points of integrated gradients
MAX_RELATIVE_GAP = 1e-3  # between the difference and the sum of the attributions


class Place(NamedTuple):
    """Where a prediction is explained: after the ids (T,) of the sources, at a character.

    `id` is that of the token there, None after the text; `starts` and `ends` are the characters of
    the sources.
    """

    ids: Ids
    starts: Sequence[int]
    ends: Sequence[int]
    at: int
    id: int | None

    def last(self, count: int) -> "Place":
        """Returns the place with only the last sources, `count` of them."""
        first = max(0, len(self.ids) - count)
        ids, starts, ends = self.ids[first:], self.starts[first:], self.ends[first:]
        return self._replace(ids=ids, starts=starts, ends=ends)


def find_place(
    tokenizer: Tokenizer, text: str, at: int | None = None, token: int | None = None
) -> Place:
    """The place of the token that begins at or covers character `at`, or of the token number.

    Between tokens it is that of the next token; without both it is the end of the text. Raises
    RnnreplError for a place that the text does not have, and if the tokenizer refuses the text.
    """
    encoding = tokenizer.encode(text)
    ids, starts, ends = (np.asarray(part, np.int64) for part in encoding)
    if at is not None:
        if not 0 <= at < len(text):
            raise usage(f"`at` must be a character of the text, 0 to {len(text) - 1}, not {at}.")
        token = int(np.count_nonzero(ends <= at))
    token = len(ids) if token is None else token
    if not 0 <= token <= len(ids):
        raise usage(f"`token` must be from 0 to {len(ids)}, not {token}.")
    inside = token < len(ids)
    return Place(
        ids[:token],
        starts[:token].tolist(),
        ends[:token].tolist(),
        int(starts[token]) if inside else len(text),
        int(ids[token]) if inside else None,
    )


@dataclass(frozen=True, slots=True)
class AttributionPlan:
    """How a prediction is explained.

    Args:
        target: the token that is explained; by default the one at the place, or the likeliest.
        against: explains why the target rather than this token.
        method: "occlusion", "gradient" or "integrated".
        baseline: what replaces a token: the "mean" embedding, the "unk" token, or "zero";
            occlusion can also "omit" the token.
        steps: the number of points on the path of integrated gradients (Gauss-Legendre); 0 doubles
            it from INITIAL_STEPS until the relative gap is at most MAX_RELATIVE_GAP.

    Raises RnnreplError for a value that is none of these.
    """

    target: str = ""
    against: str = ""
    method: Method = "occlusion"
    baseline: Baseline = "mean"
    steps: int = 0

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise not_among("`method`", self.method, get_args(Method))
        if self.baseline not in get_args(Baseline):
            raise not_among("`baseline`", self.baseline, get_args(Baseline))
        if self.baseline == "omit" and self.method != "occlusion":
            raise usage("`baseline` omit needs `method` occlusion: a gradient needs a vector.")
        Range(0, MAX_STEPS).check("`steps`", self.steps)


def explain(
    model: BaseModel, text: str, place: Place, context: Context, plan: AttributionPlan
) -> Explanation:
    """Explains the prediction at a place of a text that follows a context.

    Raises RnnreplError for a place without tokens before it, or with more than MAX_SOURCES, a
    target that is not one token, and a baseline that the tokenizer does not have.
    """
    if not len(place.ids):
        raise usage("There is no token before the target: give a longer text.")
    if len(place.ids) > MAX_SOURCES:
        raise usage(
            f"There are {len(place.ids):,} tokens before the target, and {MAX_SOURCES:,} can be "
            "explained: set `window`."
        )
    tokenizer, clamp = model.tokenizer, clamp_array(parse_clamps(model.clamps), model.config)
    network = DifferentiableNetwork(model.config, model.weights, clamp)
    vector = _vector(network, tokenizer, plan.baseline)
    reader = SourceReader(network, place.ids, context, vector)
    full, empty = reader.logits(reader.x), reader.baseline_logits()
    target = place.id if place.id is not None else int(full[0].argmax())
    target = token_ids(plan.target, tokenizer, "target")[0] if plan.target else target
    against = token_ids(plan.against, tokenizer, "against")[0] if plan.against else None
    if target == against:
        raise usage("`target` and `against` are the same token: give another one.")
    value = Value(target, against)
    difference = float(value.of(full)[0] - value.of(empty)[0])
    attributions, steps = _attributions(reader, value, value.of(full), difference, plan)
    total, names = fsum(attributions), tokenizer.tokens
    rival = None if against is None else names[against]
    head = place.at, names[target], rival, plan.method
    tail = difference, difference - total, model.name
    amounts = attributions.tolist()
    return Explanation(
        text=text,
        model=model.name,
        method=plan.method,
        baseline=plan.baseline,
        at=place.at,
        target=names[target],
        against=rival,
        logprob=float(Value(target).of(full)[0]),
        against_logprob=None if against is None else float(Value(against).of(full)[0]),
        sources=tuple(
            Attribution(
                *head,
                text[start:end],
                start,
                end,
                amount,
                *tail,
                name=token_name(tokenizer, id, text[start:end]),
            )
            for id, start, end, amount in zip(
                place.ids.tolist(), place.starts, place.ends, amounts, strict=True
            )
        ),
        difference=difference,
        total=total,
        gap=difference - total,
        steps=steps,
    )


def _attributions(
    reader: SourceReader, value: Value, full: Array, difference: float, plan: AttributionPlan
) -> tuple[Array, int | None]:
    """The attributions (T,), and the number of steps of integrated gradients."""
    if plan.method == "occlusion":
        return full - reader.occluded(value), None
    if plan.method == "gradient":
        return reader.integrated(value, np.ones(1), np.ones(1)), None
    steps = plan.steps or INITIAL_STEPS
    while True:
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        attributions = reader.integrated(value, (nodes + 1) / 2, weights / 2)
        gap = abs(difference - fsum(attributions))
        if plan.steps or gap <= MAX_RELATIVE_GAP * abs(difference) or steps == MAX_STEPS:
            return attributions, steps
        steps = min(2 * steps, MAX_STEPS)


def _vector(
    network: DifferentiableNetwork, tokenizer: Tokenizer, baseline: Baseline
) -> Array | None:
    """The embedding (E,) that replaces a token; None to leave it out."""
    if baseline == "omit":
        return None
    if baseline == "mean":
        return network.mean_embedding()
    if baseline == "unk":
        if tokenizer.unk is None:
            raise usage("The tokenizer has no unknown token: give another `baseline`.")
        vector: Array = network.embed(np.array([tokenizer.unk]))[0]
        return vector
    return np.zeros(network.config.embed)
