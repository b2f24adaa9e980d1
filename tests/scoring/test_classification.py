"""Bayes' rule: posteriors, priors, accuracy, confusion, calibration, extremes."""

import re
import tracemalloc
from itertools import islice, repeat
from math import exp, fsum

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.results.experiments import Classification
from rnnrepl.scoring.classification import (
    LabelledText,
    classify,
    learn_priors,
    read_texts,
    same_models,
)
from rnnrepl.scoring.proportions import wilson
from rnnrepl.scoring.spelling import Speller
from tests import tiny

TEXTS = [
    LabelledText(text, label)
    for text in ("the cat", "a dog", "the", "at on", "that mat ran", "o", "nested", "too", "e")
    for label in ("x", "y")
]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {label: tiny.model(folder / label, seed=n) for n, label in enumerate("xyz")}


def by_hand(models, text, priors):
    weights = {k: priors[k] * exp(-m.score(text, unit="nats").total) for k, m in models.items()}
    return {label: weight / fsum(weights.values()) for label, weight in weights.items()}


def test_the_posterior_follows_bayes_rule(models):
    equal = dict.fromkeys(models, 1 / 3)
    for priors in (equal, {"x": 0.7, "y": 0.2, "z": 0.1}):
        *records, _ = classify(models, TEXTS, priors=priors)
        for record, (text, label, _) in zip(records, TEXTS, strict=True):
            posterior = by_hand(models, text, priors)
            assert record.posterior == pytest.approx(posterior)
            assert record.predicted == max(posterior, key=posterior.get)
            assert (record.text, record.label) == (text, label)
            totals = {k: m.score(text).total for k, m in models.items()}
            assert record.totals == pytest.approx(totals)
    assert [*classify(models, TEXTS)] == [*classify(models, TEXTS, priors=equal)]


def test_classes_without_a_prior_share_the_rest(models):
    *_, figures = classify(models, TEXTS, priors={"y": 0.5})
    assert figures.priors == {"x": 0.25, "y": 0.5, "z": 0.25}


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ({"w": 0.5}, "`prior` names 'w'"),
        ({"x": 0.0}, "`prior` of 'x' must be between 0 and 1, not 0."),
        ({"x": 1.5}, "`prior` of 'x' must be between 0 and 1, not 1.5."),
        ({"x": 0.5, "y": 0.5}, "`prior` leaves nothing for z"),
        ({"x": 0.5, "y": 0.3, "z": 0.1}, "`prior` must add up to 1, not to 0.9."),
    ],
)
def test_priors_must_fit(models, priors, message):
    with pytest.raises(RnnreplError, match=re.escape(message)):
        list(classify(models, TEXTS, priors=priors))


def test_figures_are_those_of_the_labelled_texts(models):
    *records, figures = classify(models, [LabelledText("no label"), *TEXTS])
    assert records[0].label is None
    records = records[1:]
    correct = [record.label == record.predicted for record in records]
    assert figures.texts == len(TEXTS) and figures.accuracy == sum(correct) / len(TEXTS)
    assert (figures.low, figures.high) == wilson(sum(correct), len(TEXTS))
    for label in models:
        for predicted in models:
            count = sum((r.label, r.predicted) == (label, predicted) for r in records)
            assert figures.confusion[label][predicted] == count
    confidence = [max(record.posterior.values()) for record in records]
    error = 0.0
    for low in range(10):
        inside = [n for n, p in enumerate(confidence) if low / 10 <= p < (low + 1) / 10]
        if inside:
            accuracy = sum(correct[n] for n in inside) / len(inside)
            mean = sum(confidence[n] for n in inside) / len(inside)
            error += len(inside) / len(records) * abs(accuracy - mean)
    assert figures.ece == pytest.approx(error)


def test_extreme_texts_are_sorted(models):
    *records, figures = classify(models, TEXTS)
    ordered = sorted(records, key=lambda r: -max(r.posterior.values()))
    assert [t["p"] for t in figures.surest] == [max(r.posterior.values()) for r in ordered[:5]]
    least = [max(r.posterior.values()) for r in ordered[::-1][:5]]
    assert [text["p"] for text in figures.least_sure] == least
    first = figures.surest[0]
    assert first["text"] == ordered[0].text and first["predicted"] == ordered[0].predicted


def test_without_labels_there_are_no_figures(models):
    records = list(classify(models, [LabelledText("the cat")]))
    assert len(records) == 1 and not isinstance(records[0], Classification)


def test_a_long_text_has_a_posterior(models):
    record, *_ = classify(models, [LabelledText("the cat " * 2000)])
    assert sum(record.posterior.values()) == pytest.approx(1)


def test_unknown_words_are_counted_and_may_be_spelled(models, tmp_path):
    word = tiny.model(tmp_path / "word", "word", min_count=1)
    classes = {"word": word, "char": models["x"]}
    (plain,) = classify(classes, [LabelledText("the owl")])
    (spelled,) = classify(classes, [LabelledText("the owl")], speller=Speller(models["x"]))
    assert plain.unk == 2  # characters of owl, one word
    assert spelled.totals["word"] > plain.totals["word"]
    no_end = word.score("the owl", eos=False)  # a character model has no end token
    assert plain.totals["word"] == pytest.approx(no_end.total)


def test_one_class_and_unknown_labels_are_refused(models):
    with pytest.raises(RnnreplError, match="needs two classes"):
        list(classify({"x": models["x"]}, TEXTS))
    with pytest.raises(RnnreplError, match="There is no class 'w'"):
        list(classify(models, [LabelledText("a", "w")]))
    with pytest.raises(RnnreplError, match="There is no class 'x'"):
        learn_priors(TEXTS, ["v", "w"])


def test_learned_priors_are_smoothed_shares():
    texts = [LabelledText("a", "x")] * 5 + [LabelledText("a", "y"), LabelledText("a")]
    assert learn_priors(texts, "xyz") == {"x": 6 / 9, "y": 2 / 9, "z": 1 / 9}


def test_a_file_has_texts_with_or_without_labels(tmp_path):
    path = tmp_path / "texts"
    path.write_text("x\tthe cat\n\nplain\ny\ta\tb\n")
    read = [(text, label) for text, label, _ in read_texts(path, "xy")]
    assert read == [("the cat", "x"), ("plain", None), ("a\tb", "y")]
    with pytest.raises(RnnreplError, match="line 4, has the label 'y', which is no class"):
        list(read_texts(path, "x"))


def test_classes_whose_models_have_the_same_weights_are_named(models):
    assert list(same_models(models)) == []
    (notice,) = same_models(models | {"again": models["y"]})
    assert notice.text.startswith("'y' and 'again' have models of the same weights")


def test_memory_does_not_grow_with_the_number_of_texts(models):
    def peak(count):
        tracemalloc.start()
        for _ in classify(models, islice(repeat(TEXTS[0]), count)):
            pass
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return memory

    peak(1)
    assert peak(8000) < 1.3 * peak(4000)


def test_a_text_that_a_tokenizer_refuses_is_named_with_its_line(tmp_path, monkeypatch):
    first, second = tiny.model(tmp_path / "a"), tiny.model(tmp_path / "b", seed=1)

    def refuse(text):
        raise RnnreplError("The vocabulary lacks it.")

    monkeypatch.setattr(second.tokenizer, "encode", refuse)
    path = tmp_path / "texts.txt"
    path.write_text("\nthe cat\n")
    texts = read_texts(path, ["x", "y"])
    with pytest.raises(RnnreplError, match=r"texts.txt', line 2: The vocabulary lacks it"):
        list(classify({"x": first, "y": second}, texts))
