"""Minimal pairs: how often a model finds the good sentence more likely than the bad one."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import tee
from math import isclose
from typing import NamedTuple

from rnnrepl.results.experiments import PairAccuracy, PairDifference, PairScore
from rnnrepl.results.fields import Unit
from rnnrepl.results.scores import Score
from rnnrepl.results.words import Span, first_solid, group
from rnnrepl.scoring.critical import critical_parts, solid_spans
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.proportions import mcnemar, wilson

ALL = "all"  # the group of all pairs

# Totals of float32 networks agree to about 1e-7; sentences closer than this are tied.
TOLERANCE = 1e-6

_MARKS = "PS"  # the Unicode categories of punctuation and symbols, which end a word


class Pair(NamedTuple):
    """A minimal pair; `id` is its name within the group.

    `end` is where it ends in its file, and `place` names it in error messages.
    """

    good: str
    bad: str
    group: str = ALL
    id: str = ""
    end: int = 0
    place: str = ""


def pairs(
    models: Sequence[LanguageModel],
    source: Iterable[Pair],
    *,
    critical: bool = False,
    eos: bool = True,
    unit: Unit = "bits",
) -> Iterator[PairScore | PairAccuracy | PairDifference]:
    """Scores minimal pairs under each model; memory does not grow with their number.

    Yields for each pair a `PairScore` a model, then for each group, and for "all", a `PairAccuracy`
    a model, and with two models the `PairDifference` of each group. With `critical` only the parts
    in which the sentences differ are compared, see `critical_parts`; otherwise `eos` says whether
    the end token is scored. A sentence or part that ends without a blank, a mark or the end token
    is charged with -log P that its last word is over, as by word. Surprisals that agree within 1e-6
    of their size are tied. Raises RnnreplError for a sentence that a tokenizer refuses, and for a
    part without scored tokens.
    """
    groups: dict[str, list[_Tally]] = {}
    differences: dict[str, _Difference] = {}
    copies = tee(source, len(models))
    scored = (_scored(*both, critical, eos, unit) for both in zip(models, copies, strict=True))
    for records in zip(*scored, strict=True):
        yield from records
        for name in {records[0].group, ALL}:
            tallies = groups.setdefault(name, [_Tally() for _ in models])
            for tally, record in zip(tallies, records, strict=True):
                tally.add(record)
            if len(models) == 2:
                differences.setdefault(name, _Difference()).add(*records)
    if ALL in groups:
        groups[ALL] = groups.pop(ALL)  # last
    for name, tallies in groups.items():
        for model, tally in zip(models, tallies, strict=True):
            yield tally.accuracy(model.name, name)
    for name in groups if differences else ():
        yield differences[name].record(models[0].name, models[1].name, name)


def _scored(
    model: LanguageModel, source: Iterable[Pair], critical: bool, eos: bool, unit: Unit
) -> Iterator[PairScore]:
    first, second = tee(source)
    read = Pair("", "")  # the latest pair that was read

    def texts() -> Iterator[str]:
        nonlocal read
        for read in first:
            yield read.good
            yield read.bad

    tokenizer = model.tokenizer
    whole, eos = tokenizer.level != "word", eos and not critical
    closes = whole and not (eos and tokenizer.eos is not None)
    options = ScoreOptions(
        unit,
        eos=eos,
        by="token" if critical or closes else "text",  # by text no end of a word is known
        place=lambda number: read.place or f"Sentence {number}",
    )
    scores = model.scores(texts(), options)
    for pair, good, bad in zip(second, scores, scores, strict=True):
        parts: tuple[Span, Span] | tuple[None, None] = None, None
        if critical:
            tokens = solid_spans(good), solid_spans(bad)
            parts = critical_parts(pair.good, pair.bad, whole=whole, tokens=tokens)
        of_good, good_unk = _surprisal(good, parts[0])
        of_bad, bad_unk = _surprisal(bad, parts[1])
        yield PairScore(
            pair.id,
            pair.group,
            pair.good,
            pair.bad,
            of_good,
            of_bad,
            good_unk,
            bad_unk,
            0.5 if isclose(of_good, of_bad, rel_tol=TOLERANCE) else int(of_good < of_bad),
            unit,
            model.name,
            parts[0] and pair.good[slice(*parts[0])].rstrip(),
            parts[1] and pair.bad[slice(*parts[1])].rstrip(),
        )


def _surprisal(score: Score, part: Span | None) -> tuple[float, int]:
    """The surprisal of a sentence or its part, with the end of the last word, and its unknowns.

    Unknown tokens before a part count: the part is conditioned on them.
    """
    if score.closing is not None and unicodedata.category(score.text[-1])[0] in _MARKS:
        score = replace(score, closing=None)
    if part is None:
        return score.total + (score.closing or 0), score.unk
    (span,) = group(score, "region", [part]).spans or ()
    unknown = (first_solid(score.text, token) for token in score.tokens if token.unk)
    return span.surprisal or 0.0, sum(start is not None and start < part[1] for start in unknown)


@dataclass
class _Tally:
    """Counts of one model on the pairs of a group so far."""

    pairs: int = 0
    correct: float = 0
    ties: int = 0
    known: int = 0
    known_correct: float = 0

    def add(self, pair: PairScore) -> None:
        self.pairs += 1
        self.correct += pair.correct
        self.ties += pair.correct == 0.5
        if not pair.good_unk and not pair.bad_unk:
            self.known += 1
            self.known_correct += pair.correct

    def accuracy(self, model: str, group: str) -> PairAccuracy:
        low, high = wilson(self.correct, self.pairs)
        return PairAccuracy(
            model=model,
            group=group,
            pairs=self.pairs,
            accuracy=self.correct / self.pairs,
            low=low,
            high=high,
            ties=self.ties,
            unk=1 - self.known / self.pairs,
            pairs_known=self.known,
            accuracy_known=self.known_correct / self.known if self.known else None,
        )


@dataclass
class _Difference:
    """Outcomes of two models on the pairs of a group so far."""

    pairs: int = 0
    difference: float = 0
    better: int = 0
    worse: int = 0

    def add(self, first: PairScore, second: PairScore) -> None:
        self.pairs += 1
        self.difference += first.correct - second.correct
        self.better += first.correct > second.correct
        self.worse += first.correct < second.correct

    def record(self, model: str, other: str, group: str) -> PairDifference:
        return PairDifference(
            model=model,
            other=other,
            group=group,
            pairs=self.pairs,
            difference=self.difference / self.pairs,
            better=self.better,
            worse=self.worse,
            p=mcnemar(self.better, self.worse),
        )
