"""Minimal pairs: how often a model finds the good sentence more likely than the bad one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import tee
from math import fsum, isclose
from typing import NamedTuple

from rnnrepl.results.experiments import PairAccuracy, PairDifference, PairScore
from rnnrepl.results.fields import Unit
from rnnrepl.results.scores import Score
from rnnrepl.results.words import Span, first_solid
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.proportions import mcnemar, wilson

ALL = "all"  # the group of all pairs

# Totals of float32 networks agree to about 1e-7; sentences closer than this are tied.
TOLERANCE = 1e-6

_PART = re.compile(r"[^\W_]+|\S")  # a word without its punctuation, or one mark
_TO_NEXT_WORD = re.compile(r"\s*")
_REST_OF_WORD = re.compile(r"\S*\s*")


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
    the end token is scored. Surprisals that agree within 1e-6 of their size are tied. Raises
    RnnreplError for a sentence that a tokenizer refuses.
    """
    groups: dict[str, list[_Tally]] = {}
    differences: dict[str, _Difference] = {}
    copies = tee(source, len(models))
    scored = (_scored(*both, critical, eos, unit) for both in zip(models, copies, strict=True))
    for records in zip(*scored, strict=True):
        yield from records
        group = records[0].group
        for name in {group, ALL}:
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

    options = ScoreOptions(
        unit,
        eos=eos and not critical,
        by="token" if critical else "text",
        place=lambda number: read.place or f"Sentence {number}",
    )
    scores = model.scores(texts(), options)
    for pair, good, bad in zip(second, scores, scores, strict=True):
        parts: tuple[Span, Span] | None = None
        totals = good.total, bad.total
        if critical:
            parts = critical_parts(pair.good, pair.bad, whole=model.tokenizer.level != "word")
            totals = _part_total(good, parts[0]), _part_total(bad, parts[1])
        yield PairScore(
            pair.id,
            pair.group,
            pair.good,
            pair.bad,
            *totals,
            good.unk,
            bad.unk,
            0.5 if isclose(*totals, rel_tol=TOLERANCE) else int(totals[0] < totals[1]),
            unit,
            model.name,
            parts and pair.good[slice(*parts[0])].rstrip(),
            parts and pair.bad[slice(*parts[1])].rstrip(),
        )


def critical_parts(good: str, bad: str, *, whole: bool) -> tuple[Span, Span]:
    """Returns the characters in which two sentences differ, as (start, end) in each of them.

    The parts are whole words, with the spaces that end them. A part that would be empty, because
    words were inserted or left out, is extended, with the other one, by the next word. With `whole`
    punctuation belongs to the word before it: it ends the word for a model that reads characters.
    """
    goods, bads = ([match.span() for match in _PART.finditer(text)] for text in (good, bad))
    words = [good[a:b] for a, b in goods], [bad[a:b] for a, b in bads]
    shortest = min(len(goods), len(bads))
    same = (number for number in range(shortest) if words[0][number] != words[1][number])
    start = next(same, shortest)
    after = 0  # equal words at the end
    while after < shortest - start and words[0][-1 - after] == words[1][-1 - after]:
        after += 1
    if after and shortest - after == start:
        after -= 1
    ends = len(goods) - after, len(bads) - after
    return _span(good, goods[start : ends[0]], whole), _span(bad, bads[start : ends[1]], whole)


def _span(text: str, words: Sequence[Span], whole: bool) -> Span:
    if not words:
        return len(text), len(text)
    rest = (_REST_OF_WORD if whole else _TO_NEXT_WORD).match(text, words[-1][1])
    return words[0][0], rest.end() if rest else len(text)


def _part_total(score: Score, part: Span) -> float:
    """The sum over the tokens whose first character that is not a space is in the part."""
    start, end = part
    positions = ((first_solid(score.text, token), token) for token in score.tokens)
    return fsum(
        token.surprisal
        for position, token in positions
        if token.surprisal is not None
        and start <= (token.start if position is None else position) < end
    )


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
