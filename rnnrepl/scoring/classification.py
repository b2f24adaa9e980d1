"""Classification of texts by Bayes' rule, with a language model for each class."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappush, heappushpop
from itertools import combinations, tee
from math import exp, fsum, inf, isclose, log
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rnnrepl.errors import usage
from rnnrepl.files.text import TextFiles, collect
from rnnrepl.results.experiments import Classification, ClassifiedText
from rnnrepl.results.fields import NATS, Unit
from rnnrepl.results.scores import Score
from rnnrepl.results.session import Notice
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.proportions import wilson
from rnnrepl.scoring.spelling import Speller

if TYPE_CHECKING:
    from rnnrepl.scoring.base_model import BaseModel

_BINS = 10  # of confidence, for calibration
_SHOWN = 5  # texts that a model is surest and least sure of


class LabelledText(NamedTuple):
    """A text and its class, None if it is unknown; `place` names it in error messages."""

    text: str
    label: str | None = None
    place: str = ""


def read_texts(files: str | Path | TextFiles, classes: Collection[str]) -> Iterator[LabelledText]:
    """Yields the texts of files, one per line, with a label where it has the form label<TAB>text.

    Blank lines are skipped. Raises RnnreplError for a label that is no class, with its line, and
    for a file that cannot be read.
    """
    files = files if isinstance(files, TextFiles) else collect(files)
    for place, line in files.located_lines():
        label, tab, text = line.partition("\t")
        if tab and label not in classes:
            raise usage(
                f"{place}, has the label '{label}', which is no class. "
                f"Available: {', '.join(classes)}."
            )
        if line.strip():
            yield LabelledText(text, label, place) if tab else LabelledText(line, place=place)


def classify(
    models: Mapping[str, LanguageModel],
    texts: Iterable[LabelledText],
    *,
    priors: Mapping[str, float] | None = None,
    speller: Speller | None = None,
    unit: Unit = "bits",
) -> Iterator[ClassifiedText | Classification]:
    """Classifies texts under one model a class; memory does not grow with their number.

    The posterior of class k is P(k) exp(-S_k) / sum_j P(j) exp(-S_j), with S the totals in nats and
    P the `priors`, by default equal. The end token counts only if all models have one; a speller
    charges unknown tokens. Yields a `ClassifiedText` a text, then, if there are labels, the
    `Classification`. Raises RnnreplError for fewer than two classes, for priors that do not fit,
    for a label that is no class, and for a text that a tokenizer refuses.
    """
    if len(models) < 2:
        raise usage("classify needs two classes or more: --class pos=MODEL --class neg=MODEL.")
    shares = _priors(list(models), priors or {})
    eos = all(model.tokenizer.eos is not None for model in models.values())
    options = ScoreOptions(unit, eos=eos, by="text", speller=speller)
    source, *copies = tee(texts, len(models) + 1)
    scored = (
        _scores(model, copy, options) for model, copy in zip(models.values(), copies, strict=True)
    )
    tally = _Tally(shares)
    for (text, label, _), *scores in zip(source, *scored, strict=True):
        if label is not None:
            _check(label, models)
        record = _classified(text, label, dict(zip(models, scores, strict=True)), shares, unit)
        tally.add(record)
        yield record
    if tally.texts:
        yield tally.figures()


def same_models(models: Mapping[str, "BaseModel"]) -> Iterator[Notice]:
    """Yields a notice for each pair of classes whose models have the same weights."""
    from numpy import array_equal

    for (label, one), (other, two) in combinations(models.items(), 2):
        ours, theirs = one.weights, two.weights
        if ours.keys() == theirs.keys() and all(
            array_equal(ours[name], theirs[name]) for name in ours
        ):
            weights = f"'{label}' and '{other}' have models of the same weights"
            yield Notice(f"{weights}: no text tells them apart.")


def _scores(
    model: LanguageModel, texts: Iterable[LabelledText], options: ScoreOptions
) -> Iterator[Score]:
    read = LabelledText("")  # the latest text that was read

    def plain() -> Iterator[str]:
        nonlocal read
        for read in texts:
            yield read.text

    def place(number: int) -> str:
        return read.place or f"Text {number}"

    yield from model.scores(plain(), replace(options, place=place))


def learn_priors(texts: Iterable[LabelledText], classes: Iterable[str]) -> dict[str, float]:
    """Returns the share of each class among the labels, with one added to each count.

    Raises RnnreplError for a label that is no class.
    """
    counts = dict.fromkeys(classes, 1)
    for _, label, _ in texts:
        if label is not None:
            _check(label, counts)
            counts[label] += 1
    total = sum(counts.values())
    return {label: count / total for label, count in counts.items()}


def _check(label: str, classes: Collection[str]) -> None:
    if label not in classes:
        raise usage(f"There is no class '{label}'. Available: {', '.join(classes)}.")


def _priors(classes: list[str], given: Mapping[str, float]) -> dict[str, float]:
    """The prior of each class; classes without one share the rest equally."""
    for label, prior in given.items():
        if label not in classes:
            raise usage(f"`prior` names '{label}', which is no class. Give it with --class.")
        if not 0 < prior < 1:
            raise usage(f"`prior` of '{label}' must be between 0 and 1, not {prior:g}.")
    others = [label for label in classes if label not in given]
    rest = 1 - fsum(given.values())
    if others and rest <= 0:
        raise usage(f"`prior` leaves nothing for {', '.join(others)}: the priors add up to 1.")
    if not others and not isclose(rest, 0, abs_tol=1e-6):
        raise usage(f"`prior` must add up to 1, not to {1 - rest:g}.")
    return {label: given.get(label, rest / max(1, len(others))) for label in classes}


def _classified(
    text: str,
    label: str | None,
    scores: Mapping[str, Score],
    priors: Mapping[str, float],
    unit: Unit,
) -> ClassifiedText:
    logs = {name: log(priors[name]) - score.total * NATS[unit] for name, score in scores.items()}
    predicted = max(logs, key=logs.__getitem__)
    weights = {name: exp(value - logs[predicted]) for name, value in logs.items()}
    mass = fsum(weights.values())
    return ClassifiedText(
        text=text,
        label=label,
        predicted=predicted,
        posterior={name: weight / mass for name, weight in weights.items()},
        totals={name: score.total for name, score in scores.items()},
        unk=max(score.unk for score in scores.values()),
        unit=unit,
    )


@dataclass
class _Tally:
    """Figures of the labelled texts so far."""

    priors: Mapping[str, float]
    texts: int = 0
    correct: int = 0
    confusion: dict[str, dict[str, int]] = field(init=False)
    bins: list[list[float]] = field(init=False)  # of confidence: texts, correct, sum of confidence
    extremes: "tuple[_Extremes, _Extremes]" = field(init=False)

    def __post_init__(self) -> None:
        self.confusion = {label: dict.fromkeys(self.priors, 0) for label in self.priors}
        self.bins = [[0, 0, 0.0] for _ in range(_BINS)]
        self.extremes = _Extremes(1), _Extremes(-1)

    def add(self, record: ClassifiedText) -> None:
        if record.label is None:
            return
        confidence = record.posterior[record.predicted]
        correct = record.label == record.predicted
        self.texts += 1
        self.correct += correct
        self.confusion[record.label][record.predicted] += 1
        bin = self.bins[min(int(confidence * _BINS), _BINS - 1)]
        bin[0] += 1
        bin[1] += correct
        bin[2] += confidence
        for extreme in self.extremes:
            extreme.add(record)

    def figures(self) -> Classification:
        """ECE is sum_b n_b / N |accuracy_b - confidence_b| over bins (Guo et al., 2017)."""
        low, high = wilson(self.correct, self.texts)
        surest, least_sure = self.extremes
        return Classification(
            texts=self.texts,
            accuracy=self.correct / self.texts,
            low=low,
            high=high,
            confusion=self.confusion,
            ece=fsum(abs(correct - sure) for _, correct, sure in self.bins) / self.texts,
            priors=dict(self.priors),
            surest=surest.texts(),
            least_sure=least_sure.texts(),
        )


class _Extremes:
    """The labelled texts with the greatest margin of the predicted class, times `sign`.

    The margin is the log odds of the predicted class: posteriors near 1 would round to it.
    """

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._heap: list[tuple[float, int, ClassifiedText]] = []
        self._added = 0

    def add(self, record: ClassifiedText) -> None:
        self._added += 1
        others = fsum(p for name, p in record.posterior.items() if name != record.predicted)
        margin = log(record.posterior[record.predicted] / others) if others else inf
        entry = self._sign * margin, -self._added, record
        if len(self._heap) < _SHOWN:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)

    def texts(self) -> tuple[dict[str, Any], ...]:
        """Returns the texts, the most extreme first, then in their order."""
        return tuple(
            {
                "text": record.text,
                "label": record.label,
                "predicted": record.predicted,
                "p": record.posterior[record.predicted],
            }
            for _, _, record in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)
        )
