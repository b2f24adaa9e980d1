"""Test suites: regions, metrics and predictions, with a suite of the form of SyntaxGym's."""

import re
from math import fsum
from statistics import mean, median

import pytest

from rnnrepl.results.experiments import RegionScore, SuiteAccuracy
from rnnrepl.scoring.proportions import wilson
from rnnrepl.scoring.suite_files import METRICS, read_suite
from rnnrepl.scoring.suites import suite
from tests import tiny
from tests.scoring.test_suite_files import write


def condition(name, *contents):
    regions = [{"region_number": n, "content": c} for n, c in enumerate(contents, 1)]
    return {"condition_name": name, "regions": regions}


def item(number, noun, verb, other):
    return {
        "item_number": number,
        "conditions": [
            condition("match", "The", noun, "", " on the mat ", verb, "."),
            condition("mis-match", "The", noun, ",", "on the mat", other, "."),
        ],
    }


SUITE = {
    "meta": {"name": "agree", "metric": "sum", "comment": "", "reference": "", "author": ""},
    "region_meta": {"1": "det", "2": "noun", "3": "comma", "4": "pp", "5": "verb", "6": "end"},
    "predictions": [
        {"type": "formula", "formula": "(5;%match%) < (5;%mis-match%)"},
        {"type": "formula", "formula": "[(4;%match%) - (4;%mis-match%)] > 0 | (1;%match%) = 0"},
        {"type": "formula", "formula": "(1;%match%) = (1;%mis-match%)"},
    ],
    "items": [item(1, "cat", "sat", "ran"), item(2, "dog", "ran", "sat"), item(5, "owl", "a", "b")],
}


@pytest.fixture(params=["char", "word"])
def model(tmp_path, request):
    return tiny.model(tmp_path / "model", request.param, text=f"The {tiny.TEXT}")


def split(records):
    records = list(records)
    return (
        [record for record in records if isinstance(record, RegionScore)],
        [record for record in records if isinstance(record, SuiteAccuracy)],
    )


def test_the_regions_are_the_tokens_of_the_sentence(model, tmp_path):
    regions, _ = split(suite(model, read_suite(write(tmp_path, SUITE))))
    assert len(regions) == 3 * 2 * 6
    first, second = regions[:6], regions[6:12]
    assert [region.content for region in first] == ["The", "cat", "", "on the mat", "sat", "."]
    assert [region.region for region in first] == ["det", "noun", "comma", "pp", "verb", "end"]
    texts = "The cat on the mat sat .", "The cat , on the mat ran ."
    for text, own in zip(texts, (first, second), strict=True):
        score = model.score(text, eos=False)
        assert fsum(region.surprisal for region in own) == pytest.approx(score.total)
        assert sum(region.tokens for region in own) == score.count
        assert sum(region.unk for region in own) == score.unk


def test_each_figure_is_one_of_the_tokens_of_a_region(model, tmp_path):
    regions, _ = split(suite(model, read_suite(write(tmp_path, SUITE))))
    text = "The cat on the mat sat ."
    inside = range(text.index("on"), text.index("sat"))
    tokens = [token.surprisal for token in model.score(text).tokens if token.start in inside]
    region = regions[3]
    figures = (region.surprisal, region.mean, region.median, region.range, region.max, region.min)
    spread = max(tokens) - min(tokens)
    expected = (fsum(tokens), mean(tokens), median(tokens), spread, max(tokens), min(tokens))
    assert figures == pytest.approx(expected) and region.tokens == len(tokens)
    assert regions[2].tokens == 0 and regions[2].surprisal == regions[2].max == 0


@pytest.mark.parametrize("metric", METRICS)
def test_a_prediction_holds_for_a_share_of_the_items(model, tmp_path, metric):
    regions, accuracies = split(suite(model, read_suite(write(tmp_path, SUITE)), metric=metric))
    field = "surprisal" if metric == "sum" else metric
    figures = {(r.item, r.condition, r.region_number): getattr(r, field) for r in regions}
    first, second, third = accuracies
    verbs = [(figures[n, "match", 5], figures[n, "mis-match", 5]) for n in (1, 2, 5)]
    places = [(figures[n, "match", 4], figures[n, "mis-match", 4]) for n in (1, 2, 5)]
    determiners = [figures[n, "match", 1] for n in (1, 2, 5)]
    assert first.true == sum(a < b for a, b in verbs)
    either = zip(places, determiners, strict=True)
    assert second.true == sum(a > b or abs(d) < 1e-3 for (a, b), d in either)
    assert third.true == 3 and third.accuracy == 1
    for number, record in enumerate(accuracies, 1):
        assert (record.prediction, record.items, record.metric) == (number, 3, metric)
        assert (record.low, record.high) == wilson(record.true, 3)
        assert record.accuracy == record.true / 3 and record.suite == "agree"
    assert first.formula == "(5;%match%) < (5;%mis-match%)"


def test_items_with_unknown_words_are_counted(tmp_path):
    model = tiny.model(tmp_path / "model", "word", text=f"The {tiny.TEXT}", min_count=1)
    _, accuracies = split(suite(model, read_suite(write(tmp_path, SUITE))))
    assert [record.items_unk for record in accuracies] == [1, 1, 1]  # owl


def test_a_suite_may_name_several_metrics(model, tmp_path):
    named = SUITE | {"meta": SUITE["meta"] | {"metric": "all"}}
    _, accuracies = split(suite(model, read_suite(write(tmp_path, named))))
    assert [record.metric for record in accuracies] == [m for m in METRICS for _ in range(3)]


# The forms of all formulas in the 34 suites of cpllab/syntactic-generalization.
FORMS = [
    "[ (2;%a%) + (3;%a%) ] < [ (2;%b-c%) + (3;%b-c%) ]",
    "[(5;%a%)-(5;%d%)]+[[(4;%b-c%)+(5;%b-c%)]-[(4;%a%)+(5;%a%)]]>0",
    "[(5;%a%)>(5;%b-c%)] & [(5;%d%)<(5;%a%)]",
    "[(1;%a%) =  (1;%d%)]& [(3;%a%) =  (3;%b-c%)] ",
    "[(5;%a%) > (5;%d%)] &  [(4;%a%) > (4;%d%) ]  & [[(5;%a%) - (5;%b-c%) ] > [(4;%d%) - (5;%d%)]]",
    "(5;%a%)>(5;%d%)",
]
BY_HAND = {
    "sum": sum,
    "mean": mean,
    "median": median,
    "range": lambda values: max(values) - min(values),
    "max": max,
    "min": min,
}


@pytest.mark.parametrize("metric", METRICS)
def test_the_published_forms_agree_with_python_on_the_scores_of_the_sentences(
    model, tmp_path, metric
):
    contents = [("The", noun, "", "on the mat", verb) for noun in ("cat", "dog") for verb in VERBS]
    items = [
        {
            "item_number": number,
            "conditions": [
                condition("a", *own),
                condition("b-c", own[0], f"{own[1]}s", ",", *own[3:]),
                condition("d", *own[:3], "on it", own[4]),
            ],
        }
        for number, own in enumerate(contents)
    ]
    predictions = [{"type": "formula", "formula": formula} for formula in FORMS]
    source = SUITE | {"items": items, "predictions": predictions}
    _, accuracies = split(suite(model, read_suite(write(tmp_path, source)), metric=metric))
    figures = [by_hand(model, item["conditions"], BY_HAND[metric]) for item in items]
    expected = [sum(in_python(formula, own) for own in figures) for formula in FORMS]
    assert [record.true for record in accuracies] == expected
    assert {record.metric for record in accuracies} == {metric}


VERBS = ["sat", "ran", "a", "the", "mat"]


def by_hand(model, conditions, metric):
    """The figure of each region, from the tokens that begin in its part of the sentence."""
    figures = {}
    for values in conditions:
        regions, text = values["regions"], ""
        starts = {}
        for region in regions:
            if region["content"]:
                text += " " * bool(text) + region["content"]
                starts[region["region_number"]] = len(text) - len(region["content"])
        owned = {region["region_number"]: [] for region in regions}
        for token in model.score(text, eos=False).tokens:
            solid = token.start + len(token.text) - len(token.text.lstrip(" "))
            number = max(
                (n for n, start in starts.items() if start <= solid < token.end), default=0
            )
            if not token.text.strip(" "):  # a space ends the region before it
                number = max(n for n, start in starts.items() if start <= token.start)
            owned[number].append(token.surprisal)
        for number, surprisals in owned.items():
            figures[values["condition_name"], number] = metric(surprisals or [0.0])
    return figures


class Figure(float):
    def __eq__(self, other):
        return abs(self - other) < 1e-3

    __hash__ = float.__hash__


def in_python(formula, figures):
    python = formula.translate(str.maketrans({"[": "(", "]": ")", "&": " and ", "=": "=="}))
    python = re.sub(r"\((\d);%([^%]+)%\)", r"Figure(F['\2', \1])", python)
    return bool(eval(python, {"F": figures, "Figure": Figure}))
