"""Comparison of several models on one text, part by part and in total."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import exp, fsum

from rnnrepl.results.comparisons import ComparedModel, ComparedPart, Comparison
from rnnrepl.results.fields import NATS
from rnnrepl.results.score_parts import TokenScore
from rnnrepl.results.scores import Score
from rnnrepl.results.words import Span, first_solid
from rnnrepl.tokenizer.composition import as_read


def compare(scores: Sequence[Score]) -> Comparison:
    """Compares scores of one text under several models; all must be in one unit.

    The posterior of model k is exp(-S_k) / sum_j exp(-S_j), with S the totals in nats: P(k | text)
    under equal priors. Sums over parts are exact (`math.fsum`).
    """
    scores = [replace(score, tokens=tuple(score.tokens)) for score in scores]
    first = scores[0]
    posteriors = _posteriors([score.total * NATS[score.unit] for score in scores])
    return Comparison(
        text=first.text,
        unit=first.unit,
        eos=all(score.eos for score in scores),
        spell=first.spell,
        models=tuple(map(_model, scores, posteriors)),
        parts=tuple(_parts(scores)),
    )


def _model(score: Score, posterior: float) -> ComparedModel:
    form = score.normalised
    unknown = sum(len(as_read(token.text, form)) for token in score.tokens if token.unk)
    return ComparedModel(
        model=score.model,
        start=score.start,
        total=score.total,
        count=score.count,
        unk=score.unk,
        unknown=unknown / max(1, len(as_read(score.text, form))),
        bits_per_char=score.bits_per_char,
        perplexity_per_word=score.perplexity_per_word,
        posterior=posterior,
    )


def _posteriors(nats: Sequence[float]) -> list[float]:
    """P(model | text) under equal priors: the softmax of the log-probabilities."""
    likeliest = min(nats)
    weights = [exp(likeliest - value) for value in nats]
    return [weight / fsum(weights) for weight in weights]


def _parts(scores: Sequence[Score]) -> Iterator[ComparedPart]:
    spans, positions = _tokens(scores) or _boundaries(scores)
    starts = [start for start, _ in spans]
    owned: list[list[list[int]]] = [[[] for _ in scores] for _ in spans]
    for number, own in enumerate(positions):
        for index, position in enumerate(own):
            owned[bisect_right(starts, position) - 1][number].append(index)
    for (start, end), columns in zip(spans, owned, strict=True):
        tokens = [[s.tokens[i] for i in own] for s, own in zip(scores, columns, strict=True)]
        yield ComparedPart(
            text=scores[0].text[start:end],
            start=start,
            end=end,
            surprisals=tuple(map(_total, tokens)),
            unk=tuple(any(t.unk for t in own) for own in tokens),
        )


def _total(tokens: Sequence[TokenScore]) -> float | None:
    """Returns the sum of the surprisals; None without scored tokens."""
    scored = [token.surprisal for token in tokens if token.surprisal is not None]
    return fsum(scored) if scored else None


def _tokens(scores: Sequence[Score]) -> tuple[list[Span], list[list[int]]] | None:
    """Returns the spans of the tokens if all models have the same, and no two begin together."""
    layouts = [[(token.start, token.end) for token in score.tokens] for score in scores]
    starts = [start for start, _ in layouts[0]]
    if any(layout != layouts[0] for layout in layouts) or len(set(starts)) < len(starts):
        return None
    return layouts[0], [starts] * len(scores)


def _boundaries(scores: Sequence[Score]) -> tuple[list[Span], list[list[int]]]:
    """Returns the spans between positions where all models begin a token, and every position.

    A blank belongs to the part that it closes, as in words.
    """
    text = scores[0].text
    lead = len(text) - len(text.lstrip())
    positions = [list(_positions(score, lead)) for score in scores]
    common = set.intersection(*map(set, positions)) | {lead}
    starts = [0, *sorted(common)[1:]]
    return list(pairwise([*starts, len(text)])), positions


def _positions(score: Score, lead: int) -> Iterable[int]:
    position = lead
    for token in score.tokens:
        solid = first_solid(score.text, token)
        if solid is not None:
            position = solid
        elif not token.text:
            position = token.start
        yield max(position, lead)
