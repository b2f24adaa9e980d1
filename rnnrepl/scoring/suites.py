"""Test suites: figures of each region of each sentence, and how often the predictions hold."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import fsum

from rnnrepl.results.experiments import RegionScore, SuiteAccuracy
from rnnrepl.results.fields import Metric
from rnnrepl.results.score_parts import TokenScore
from rnnrepl.results.scores import Score
from rnnrepl.results.words import first_solid
from rnnrepl.scoring import formula
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.proportions import wilson
from rnnrepl.scoring.suite_files import Item, Suite, SuiteRegion


def suite(
    model: LanguageModel, source: Suite, *, metric: Metric | None = None
) -> Iterator[RegionScore | SuiteAccuracy]:
    """Scores a test suite under a model.

    A sentence is its regions that are not empty, with a space between them. A token belongs to the
    region with its first character that is not a space; the space after a region belongs to it.
    The end token is not scored. Figures are in bits; `metric` replaces those that the suite names.

    Yields the `RegionScore` of each region, then for each prediction and metric a `SuiteAccuracy`.
    Raises RnnreplError for a sentence that the tokenizer refuses.
    """
    sentences = [
        (item, condition, *_sentence(regions))
        for item in source.items
        for condition, regions in item.conditions.items()
    ]
    options = ScoreOptions(
        "bits",
        eos=False,
        place=lambda n: f"{source.name}, item {sentences[n - 1][0].number}, {sentences[n - 1][1]}",
    )
    scores = model.scores([text for _, _, text, _ in sentences], options)
    figures: dict[int, dict[str, list[RegionScore]]] = {}
    for (item, condition, _, starts), score in zip(sentences, scores, strict=True):
        regions = list(_regions(source, item, condition, starts, score))
        figures.setdefault(id(item), {})[condition] = regions
        yield from regions
    for chosen in (metric,) if metric else source.metrics:
        yield from _accuracies(source, [figures[id(item)] for item in source.items], chosen, model)


def _sentence(regions: Sequence[SuiteRegion]) -> tuple[str, list[int]]:
    """The text of a sentence, and where each region begins; an empty one where the next does."""
    text, starts = "", list[int]()
    for region in regions:
        starts.append(len(text) + bool(text))
        if region.content:
            text += f"{' ' if text else ''}{region.content}"
    return text, starts


def _regions(
    source: Suite, item: Item, condition: str, starts: Sequence[int], score: Score
) -> Iterator[RegionScore]:
    parts = list(zip(item.conditions[condition], _assigned(score, starts), strict=True))
    for region, tokens in parts:
        scored = [token.surprisal for token in tokens if token.surprisal is not None]
        values = scored or [0.0]
        yield RegionScore(
            suite=source.name,
            item=item.number,
            condition=condition,
            region_number=region.number,
            region=region.name,
            content=region.content,
            surprisal=fsum(values),
            tokens=len(scored),
            unk=sum(token.unk for token in tokens),
            mean=fsum(values) / len(values),
            median=_median(values),
            range=max(values) - min(values),
            max=max(values),
            min=min(values),
            unit=score.unit,
            model=score.model,
        )


def _median(values: Sequence[float]) -> float:
    # The module statistics takes 10 ms to import, and the list of commands imports this one.
    ordered, half = sorted(values), len(values) // 2
    return (ordered[half] + ordered[-1 - half]) / 2


def _assigned(score: Score, starts: Sequence[int]) -> list[list[TokenScore]]:
    """The tokens of each region; of regions with the same start, the last has text."""
    owned: list[list[TokenScore]] = [[] for _ in starts]
    for token in score.tokens:
        solid = first_solid(score.text, token)
        owned[bisect_right(starts, token.start if solid is None else solid) - 1].append(token)
    return owned


def _accuracies(
    source: Suite,
    figures: Sequence[dict[str, list[RegionScore]]],
    metric: Metric,
    model: LanguageModel,
) -> Iterator[SuiteAccuracy]:
    field = "surprisal" if metric == "sum" else metric
    values = [
        {
            condition: {region.region_number: getattr(region, field) for region in regions}
            for condition, regions in conditions.items()
        }
        for conditions in figures
    ]
    unknown = sum(
        any(region.unk for regions in conditions.values() for region in regions)
        for conditions in figures
    )
    for prediction in source.predictions:
        true = sum(formula.holds(prediction.formula, item) for item in values)
        low, high = wilson(true, len(values))
        yield SuiteAccuracy(
            model=model.name,
            suite=source.name,
            prediction=prediction.number,
            formula=prediction.text,
            items=len(values),
            true=true,
            accuracy=true / len(values),
            low=low,
            high=high,
            items_unk=unknown,
            metric=metric,
        )
