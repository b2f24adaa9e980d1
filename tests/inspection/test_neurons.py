"""Units found by what they tell apart: planted ones, statistics, halves, memory."""

from itertools import pairwise

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.inspection import histograms, probe, reading
from rnnrepl.inspection.histograms import BINS, Histograms, best_edge, statistics
from rnnrepl.results.inspection import LayerProbe, UnitResponse
from rnnrepl.results.session import Notice
from tests.inspection import planted


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return planted.model(tmp_path_factory.mktemp("planted") / "model")


@pytest.mark.parametrize(
    ("given", "unit", "signals"),
    [
        ({"match": r'("[^"\n]*)"'}, planted.QUOTE, {"h", "c"}),
        ({"feature": "quote"}, planted.QUOTE, {"h", "c"}),
        ({"feature": "depth"}, planted.DEPTH, {"h", "c"}),
        ({"feature": "line"}, planted.LINE, {"c"}),
        ({"match": r"a[^eiou]*"}, planted.VOWEL, {"h", "c"}),
    ],
    ids=["quote", "quote feature", "brackets", "line position", "last vowel"],
)
def test_the_planted_unit_comes_first_and_separates_perfectly(model, given, unit, signals):
    best, *others = model.neurons([planted.text()], top=0, **given)
    assert best.unit == f"0:{unit}" and best.signal in signals
    assert best.auc == best.auc_train == 1.0 and best.direction == "above"
    assert best.p < 1e-10
    assert max(response.auc for response in others if response.unit != best.unit) < 0.95


def test_a_unit_that_is_low_at_the_feature_is_found_too(model):
    text = planted.text()
    places = [-1, *(place for place, char in enumerate(text) if char == '"'), len(text)]
    outside = [(max(a, 0), b) for a, b in pairwise(places)][::2]
    best = model.neurons([text], labels=outside)[0]
    assert best.unit == f"0:{planted.QUOTE}" and best.direction == "below"
    assert best.auc == 1.0 and -0.77 < best.threshold < 0.77


def test_the_search_finds_what_exact_ranks_give(model):
    text = planted.text()
    half = (len(text) + 1) // 2
    trace = model.trace(text)
    labels = np.array([char in "aeiou" for char in text])
    for response in model.neurons([text], feature="vowel", top=0):
        if int(response.unit[2:]) in planted.PLANTED:
            continue  # rounding errors far below the width of a bin make their order
        values = trace[f"layers.0.{response.signal}"][half:, int(response.unit[2:])]
        sign = 1 if response.direction == "above" else -1
        positive, negative = (sign * values[labels[half:] == kind] for kind in (True, False))
        wins = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
        assert response.auc == pytest.approx(wins, abs=2e-3)
        assert (response.positives, response.negatives) == (len(positive), len(negative))


def test_labels_are_spans_of_the_whole_text(model, monkeypatch):
    monkeypatch.setattr(reading, "CHARACTERS", 100)
    text = planted.text()
    places = [place for place, char in enumerate(text) if char == '"']
    spans = list(zip(places[::2], places[1::2], strict=True))
    by_label = model.neurons([text], labels=spans)[0]
    assert by_label.unit == f"0:{planted.QUOTE}" and by_label.auc == 1.0


def test_blocks_and_chunks_change_nothing_but_the_halves(model, monkeypatch):
    text = planted.text()
    whole = model.neurons([text], feature="quote", top=0)
    monkeypatch.setattr(histograms, "PENDING", 64)
    monkeypatch.setattr(histograms, "GROUP", 5)
    pieces = [text[k : k + 50] for k in range(0, len(text), 50)]
    assert model.neurons(pieces, feature="quote", top=0) == whole
    monkeypatch.setattr(reading, "CHARACTERS", 200)
    cut = model.neurons(pieces, feature="quote", top=0)
    assert cut[0].unit == whole[0].unit and cut[0].auc == 1.0
    total = sum([whole[0].positives, whole[0].negatives])
    assert abs(sum([cut[0].positives, cut[0].negatives]) - total) < 100


def test_a_probe_needs_the_layer_where_no_single_unit_suffices_and_its_control_is_chance(model):
    text = planted.text(400)
    records = model.neurons([text], match='["(]', probe=True)
    probes = [record for record in records if isinstance(record, LayerProbe)]
    assert [(record.layer, record.signal) for record in probes] == [(0, "h"), (0, "c")]
    for record in probes:
        assert record.accuracy > record.best_unit_accuracy > 0.5
        assert record.accuracy > 0.9 and abs(record.shuffled - 0.5) < 0.1
        assert record.chance == 0.5


def test_progress_and_chance_are_told(model):
    text = planted.text()
    *_, notice = records = list(model.neurons_with_progress([text], feature="vowel"))
    assert [r.done for r in records if isinstance(r, Progress)][-1] == len(text)
    assert isinstance(notice, Notice)
    assert notice.text.startswith("32 signals of units were ranked. By chance the best would reach")


def test_an_unrelated_feature_finds_nothing_on_the_other_half(model):
    text, random = planted.text(), np.random.default_rng(0)
    spans = [(k, k + 1) for k in np.flatnonzero(random.random(len(text)) < 0.3).tolist()]
    best = model.neurons([text], labels=spans)[0]
    assert best.auc_train > 0.5 and abs(best.auc - 0.5) < 0.05 and best.p > 0.01


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Give one of `match`, `labels` and `feature`"),
        ({"match": "a", "feature": "quote"}, "Give one of"),
        ({"match": "("}, "is not a regular expression"),
        ({"match": "zzz"}, "There are no tokens with the feature"),
        ({"match": "(?s)."}, "There are only tokens with the feature"),
        ({"feature": "color"}, "must be line, word"),
        ({"labels": [(3, 2)]}, "START <= END"),
        ({"feature": "quote", "top": -1}, "must be at least 0"),
    ],
)
def test_what_cannot_be_searched_is_an_error(model, given, message):
    with pytest.raises(RnnreplError, match=message):
        model.neurons([planted.text(20)], **given)


def test_statistics_equal_scipys_formulas_on_binned_values():
    random = np.random.default_rng(3)
    values = random.integers(-5, 6, (500, 3)) / 8
    labels = random.random(500) < 0.4
    values[labels, 1] += 0.25
    counted = Histograms(np.array([True, True, False]))
    counted.add(values, labels)
    result = statistics(counted)
    for unit in range(3):
        positive, negative = values[labels, unit], values[~labels, unit]
        u = (positive[:, None] > negative).sum() + (positive[:, None] == negative).sum() / 2
        pairs, n = len(positive) * len(negative), 500
        assert result.auc[unit] == pytest.approx(u / pairs, abs=1e-12)
        _, ties = np.unique(values[:, unit], return_counts=True)
        variance = pairs / 12 * (n + 1 - ((ties**3 - ties).sum()) / (n * (n - 1)))
        z = abs(u - pairs / 2) / variance**0.5
        normal = random.normal(size=200_000)
        assert result.p[unit] == pytest.approx(float((abs(normal) > z).mean()), abs=5e-3)


def test_a_threshold_lies_between_two_separate_groups():
    counted = Histograms(np.array([True, False]))
    values = np.array([[-0.5, 2.0], [-0.5, 2.0], [0.5, 9.0], [0.5, 9.0]])
    counted.add(values, np.array([False, False, True, True]))
    counted.flush()
    assert counted.value(0, best_edge(counted, 0, above=True)) == pytest.approx(0, abs=2 / BINS)
    assert 2 < counted.value(1, best_edge(counted, 1, above=True)) < 9


def test_memory_does_not_grow_with_the_text(monkeypatch):
    monkeypatch.setattr(probe, "TOKENS", 8)
    sample = probe.Sample(1)
    tokens = np.arange(1000.0)[:, None]
    for part in np.split(tokens, [3, 4, 200, 201]):
        sample.add(part, part[:, 0] % 2 == 0)
    kept = sample.values[:, 0]
    assert 4 <= len(kept) <= 8 and len(set(np.diff(kept))) == 1
    assert sample.labels.tolist() == (kept % 2 == 0).tolist()


def test_results_are_responses_in_the_order_of_the_half_that_ranked(model):
    responses = model.neurons([planted.text()], feature="vowel", top=7)
    assert len(responses) == 7 and all(isinstance(r, UnitResponse) for r in responses)
    ranked = [response.auc_train for response in responses]
    assert ranked == sorted(ranked, reverse=True)
