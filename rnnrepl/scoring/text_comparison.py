"""Comparison of several models on many texts: each text, then totals and tests of all."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import tee
from math import fsum

import numpy as np

from rnnrepl.results.comparisons import Comparison, ComparisonSummary, TextTotals, TotalDifference
from rnnrepl.results.fields import NATS
from rnnrepl.rnn.network import Float64s
from rnnrepl.scoring.comparison import compare
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.resampling import bootstrap_interval, resamples, sign_permutation
from rnnrepl.tokenizer.composition import as_read

_FIGURES = 5  # of a text and model: total, tokens, unknown tokens, characters in these and in all


def compare_texts(
    models: Sequence[LanguageModel],
    texts: Iterable[str],
    options: ScoreOptions | None = None,
    *,
    seed: int = 0,
) -> Iterator[Comparison | ComparisonSummary]:
    """Yields the comparison of each text, then the summary of all texts, if there are any.

    The end token counts only if all models have one. `seed` is that of the resampling. Raises
    RnnreplError for a text that a tokenizer refuses.
    """
    eos = all(model.tokenizer.eos is not None for model in models)
    options = replace(options or ScoreOptions(), eos=eos)
    copies = tee(texts, len(models))
    scored = [model.scores(copy, options) for model, copy in zip(models, copies, strict=True)]
    figures, comparison = array("d"), None
    for scores in zip(*scored, strict=True):
        comparison = compare(scores)
        for model, score in zip(comparison.models, scores, strict=True):
            chars = len(as_read(score.text, score.normalised))
            figures.extend((model.total, model.count, model.unk, model.unknown * chars, chars))
        yield comparison
    if comparison:
        yield _summary(comparison, np.array(figures), seed)


def _summary(last: Comparison, flat: Float64s, seed: int) -> ComparisonSummary:
    names = [model.model for model in last.models]
    figures = flat.reshape(-1, len(names), _FIGURES)
    totals = figures[:, :, 0].T  # a row a model
    best = (totals == totals.min(0)).sum(1).tolist()
    sums = [[fsum(column) for column in model.T] for model in figures.swapaxes(0, 1)]
    bits = NATS[last.unit] / NATS["bits"]
    return ComparisonSummary(
        texts=len(figures),
        unit=last.unit,
        eos=last.eos,
        spell=last.spell,
        models=tuple(
            TextTotals(
                model=name,
                total=total,
                count=int(count),
                unk=int(unk),
                unknown=unknown / max(1, chars),
                bits_per_char=total * bits / chars if chars else None,
                best=number,
            )
            for name, (total, count, unk, unknown, chars), number in zip(
                names, sums, best, strict=True
            )
        ),
        differences=tuple(
            _difference(names[0], name, totals[0] - other, seed)
            for name, other in zip(names[1:], totals[1:], strict=True)
        ),
        resamples=resamples(len(figures)),
        seed=seed,
    )


def _difference(model: str, other: str, values: Float64s, seed: int) -> TotalDifference:
    low, high = bootstrap_interval(values, seed)
    p = sign_permutation(values, seed)
    return TotalDifference(model, other, fsum(values) / len(values), low, high, p)
