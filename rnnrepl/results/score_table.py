"""Scores as rows of a table, with the columns of TSV."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields

from rnnrepl.results.score_parts import Predictors, ScoreRecord, SpanScore, TokenScore

_TOKEN = "token_id token surprisal rank entropy start end unk id top unit model"
_SPAN = "{by}_id {by} surprisal tokens start end unk first entropy unit model"
_TEXT = "text surprisal tokens unk words perplexity unit model"
_PREDICTORS = [field.name for field in fields(Predictors)]


def columns(by: str | None, *, predictors: bool = False) -> list[str]:
    """Returns the names of the columns of scores that are summed over `by`, None for tokens."""
    names = (_TEXT if by == "text" else _SPAN.format(by=by) if by else _TOKEN).split()
    return [*names, *_PREDICTORS] if predictors else names


def rows(score: ScoreRecord) -> Iterator[tuple[object, ...]]:
    """Yields a row for each token, each span, or the text, as the score is summed."""
    if score.by == "text":
        figures = score.total, score.count, score.unk, score.words, score.perplexity
        yield score.text, *figures, score.unit, score.model
    for number, part in enumerate(parts(score), 1):
        row = number, _name(part), part.surprisal, *_figures(part), score.unit, score.model
        yield (*row, *_predictors(part)) if score.predictors else row


def parts(score: ScoreRecord) -> Sequence[TokenScore | SpanScore]:
    """Returns the spans of a score, or else its tokens."""
    return score.tokens if score.spans is None else score.spans


def _name(part: TokenScore | SpanScore) -> str:
    """A token by its name in the vocabulary; the end token has empty text, as in JSON."""
    return part.label if isinstance(part, TokenScore) and part.text else part.text


def _figures(part: TokenScore | SpanScore) -> tuple[object, ...]:
    if isinstance(part, SpanScore):
        return part.count, part.start, part.end, part.unk, part.first, part.entropy
    return part.rank, part.entropy, part.start, part.end, int(part.unk), part.id, part.top


def _predictors(part: TokenScore | SpanScore) -> tuple[object, ...]:
    given = part.predictors if isinstance(part, SpanScore) else None
    return astuple(given) if given else (None,) * len(_PREDICTORS)
