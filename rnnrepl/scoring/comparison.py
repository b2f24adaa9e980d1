"""Several models on one text: part by part, in all, and which of them finds it likeliest."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, fsum

from rnnrepl.results import NATS, Score, Unit
from rnnrepl.scoring.words import Span, place


@dataclass(frozen=True, slots=True)
class Part:
    """Characters of the text that every model reads as tokens of their own.

    `surprisals` has a value for each model: the exact sum over its tokens here, in the unit of the
    comparison, None where it has none. `unk` says whether one of them is unknown.
    """

    text: str
    start: int
    end: int
    surprisals: tuple[float | None, ...]
    unk: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """A model in a comparison: the figures of its score, and P(model | text).

    `unknown` is the share of the characters that its vocabulary does not hold.
    """

    model: str
    start: str
    total: float
    count: int
    unk: int
    unknown: float
    bits_per_char: float | None
    perplexity_per_word: float | None
    posterior: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A text under several models.

    `eos` says whether all were charged with the end token, `spell` names the model that unknown
    tokens were spelled by.
    """

    text: str
    unit: Unit
    eos: bool
    spell: str | None
    models: tuple[Contender, ...]
    parts: tuple[Part, ...]


def compare(scores: Sequence[Score]) -> Comparison:
    """The comparison of scores of one text, in one unit."""
    scores = [replace(score, tokens=tuple(score.tokens)) for score in scores]
    first = scores[0]
    posteriors = _posteriors([score.total * NATS[score.unit] for score in scores])
    return Comparison(
        text=first.text,
        unit=first.unit,
        eos=all(score.eos for score in scores),
        spell=first.spell,
        models=tuple(map(_contender, scores, posteriors)),
        parts=tuple(_parts(scores)),
    )


def _contender(score: Score, posterior: float) -> Contender:
    unknown = sum(token.end - token.start for token in score.tokens if token.unk)
    return Contender(
        model=score.model,
        start=score.start,
        total=score.total,
        count=score.count,
        unk=score.unk,
        unknown=unknown / max(1, len(score.text)),
        bits_per_char=score.bits_per_char,
        perplexity_per_word=score.perplexity_per_word,
        posterior=posterior,
    )


def _posteriors(nats: Sequence[float]) -> list[float]:
    """P(model | text) under equal priors: the softmax of the log-probabilities."""
    likeliest = min(nats)
    weights = [exp(likeliest - one) for one in nats]
    return [weight / fsum(weights) for weight in weights]


def _parts(scores: Sequence[Score]) -> Iterator[Part]:
    spans, places = _tokens(scores) or _boundaries(scores)
    starts = [start for start, _ in spans]
    owned: list[list[list[int]]] = [[[] for _ in scores] for _ in spans]
    for number, own in enumerate(places):
        for index, at in enumerate(own):
            owned[bisect_right(starts, at) - 1][number].append(index)
    for (start, end), columns in zip(spans, owned, strict=True):
        tokens = [[s.tokens[i] for i in own] for s, own in zip(scores, columns, strict=True)]
        yield Part(
            text=scores[0].text[start:end],
            start=start,
            end=end,
            surprisals=tuple(fsum(t.surprisal for t in own) if own else None for own in tokens),
            unk=tuple(any(t.unk for t in own) for own in tokens),
        )


def _tokens(scores: Sequence[Score]) -> tuple[list[Span], list[list[int]]] | None:
    """The tokens, if all models have the same and none share a character."""
    layouts = [[(token.start, token.end) for token in score.tokens] for score in scores]
    starts = [start for start, _ in layouts[0]]
    if any(layout != layouts[0] for layout in layouts) or len(set(starts)) < len(starts):
        return None
    return layouts[0], [starts] * len(scores)


def _boundaries(scores: Sequence[Score]) -> tuple[list[Span], list[list[int]]]:
    """The spans between the places where all models begin a token, and the place of each token.

    A blank belongs to what it closes, as in words.
    """
    text = scores[0].text
    lead = len(text) - len(text.lstrip())
    places = [list(_places(score, lead)) for score in scores]
    common = set.intersection(*map(set, places)) | {lead}
    starts = [0, *sorted(common)[1:]]
    return list(pairwise([*starts, len(text)])), places


def _places(score: Score, lead: int) -> Iterable[int]:
    at = lead
    for token in score.tokens:
        found = place(score.text, token)
        if found is not None:
            at = found
        elif not token.text:
            at = token.start
        yield max(at, lead)
