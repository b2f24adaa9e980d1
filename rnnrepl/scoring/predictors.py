"""Predictors of reading times: length, position and frequency of words, and the word before."""

from collections.abc import Sequence
from dataclasses import replace
from math import log

from rnnrepl.results.fields import NATS
from rnnrepl.results.score_parts import Predictors, SpanScore
from rnnrepl.results.scores import Score
from rnnrepl.tokenizer.composition import as_read


def log_shares(counts: Sequence[int]) -> list[float | None]:
    """Returns ln(count / total) of each token, (V,); None for a count of 0."""
    total = sum(counts)
    return [log(count / total) if count else None for count in counts]


def with_predictors(score: Score, shares: Sequence[float | None]) -> Score:
    """Returns a score by word whose words have predictors.

    `shares`, (V,), are logarithms as `log_shares` gives them, () if they are not known. The
    frequency of a word is that of its only token with a letter or a digit: that of `say` for
    `say.`, and None for a word with several.
    """

    def log_frequency(word: SpanScore) -> float | None:
        if not shares or word.first is None:
            return None
        tokens = score.tokens[word.first - 1 : word.first - 1 + word.count]
        solid = [token for token in tokens if any(map(str.isalnum, token.text))]
        share = shares[solid[0].id] if len(solid) == 1 and not solid[0].unk else None
        return None if share is None else share / NATS[score.unit]

    spans: list[SpanScore] = []
    before = None
    for position, word in enumerate(score.spans or (), 1):
        if not word.text:  # the end token
            spans.append(word)
            continue
        known = before.predictors if before else None
        predictors = Predictors(
            length=len(as_read(word.text, score.normalised)),
            position=position,
            log_frequency=log_frequency(word),
            previous_surprisal=before.surprisal if before else None,
            previous_length=known.length if known else None,
            previous_log_frequency=known.log_frequency if known else None,
        )
        before = replace(word, predictors=predictors)
        spans.append(before)
    return replace(score, spans=tuple(spans), predictors=True)
