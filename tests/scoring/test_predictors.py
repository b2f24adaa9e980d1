"""Predictors of words: length, position, frequency, and the figures of the word before."""

import csv
import json
from dataclasses import replace
from io import StringIO
from math import log, log2

import pytest

from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.model import load
from rnnrepl.render import Screen
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny

NAMES = [
    "length",
    "position",
    "log_frequency",
    "previous_surprisal",
    "previous_length",
    "previous_log_frequency",
]
OPTIONS = ScoreOptions(by="word", predictors=True)


@pytest.fixture
def counted(tmp_path):
    """A model of words, and the counts of the tokens of its training text."""
    plain = tiny.model(tmp_path / "model", "word")
    ids = plain.tokenizer.ids(tiny.TEXT).tolist()
    counts = tuple(ids.count(id) for id in range(plain.config.vocabulary))
    loaded = checkpoint.read(plain.path)
    card = replace(loaded.card, counts=counts)
    checkpoint.write(tmp_path / "counted", card, loaded.weights, loaded.tokenizer)
    named = dict(zip(plain.tokenizer.tokens, counts, strict=True))
    return load(tmp_path / "counted"), named


def written(records, format):
    stdout = StringIO()
    Screen(stdout=stdout).show(records, format)
    return stdout.getvalue()


def test_words_have_length_and_position_and_the_figures_of_the_word_before(counted):
    model, counts = counted
    (score,) = model.scores(["the cat sat."], OPTIONS)
    the, cat, sat = (word.predictors for word in score.spans if word.text)
    assert [(p.length, p.position) for p in (the, cat, sat)] == [(3, 1), (3, 2), (4, 3)]
    total = sum(counts.values())
    for predictors, word in zip((the, cat, sat), ("the", "cat", "sat"), strict=True):
        assert predictors.log_frequency == pytest.approx(log2(counts[word] / total), rel=1e-12)
    assert (the.previous_surprisal, the.previous_length, the.previous_log_frequency) == (None,) * 3
    for before, after, word in ((the, cat, score.spans[0]), (cat, sat, score.spans[1])):
        assert after.previous_surprisal == word.surprisal
        assert after.previous_length == before.length
        assert after.previous_log_frequency == before.log_frequency


def test_a_text_begins_without_a_word_before(counted):
    for score in counted[0].scores(["the cat", "the dog"], OPTIONS):
        assert score.spans[0].predictors.previous_surprisal is None


def test_the_end_token_has_no_predictors(counted):
    model, _ = counted
    (score,) = model.scores(["the cat"], OPTIONS)
    assert [word.predictors is None for word in score.spans] == [False, False, *[True] * score.eos]


@pytest.mark.parametrize("word", ["zebra", "cat-dog", "..."])
def test_a_word_that_is_not_one_known_token_has_no_frequency(counted, word):
    (score,) = counted[0].scores([f"the {word}"], OPTIONS)
    assert score.spans[1].predictors.log_frequency is None
    assert score.spans[1].predictors.length == len(word)


def test_the_frequency_is_in_the_unit(counted):
    model, counts = counted
    (score,) = model.scores(["the"], replace(OPTIONS, unit="nats"))
    expected = log(counts["the"] / sum(counts.values()))
    assert score.spans[0].predictors.log_frequency == pytest.approx(expected, rel=1e-12)


def test_a_model_without_counts_has_no_frequencies(tmp_path):
    (score,) = tiny.model(tmp_path / "model").scores(["the cat"], OPTIONS)
    assert [word.predictors.log_frequency for word in score.spans] == [None, None]
    assert [word.predictors.length for word in score.spans] == [3, 3]


def test_the_counts_of_letters_are_not_those_of_words(tmp_path):
    plain = tiny.model(tmp_path / "model")
    loaded = checkpoint.read(plain.path)
    card = replace(loaded.card, counts=(5,) * plain.config.vocabulary)
    checkpoint.write(tmp_path / "counted", card, loaded.weights, loaded.tokenizer)
    (score,) = load(tmp_path / "counted").scores(["a cat"], OPTIONS)
    assert [word.predictors.log_frequency for word in score.spans[:2]] == [None, None]


def test_tsv_has_a_column_for_each_also_if_the_first_text_is_empty(counted):
    scores = list(counted[0].scores(["", "the cat"], OPTIONS))
    header, *lines = csv.reader(StringIO(written(scores, "tsv"), newline=""), delimiter="\t")
    assert header[-6:] == NAMES
    words = [word for score in scores for word in score.spans]
    assert len(lines) == len(words)
    for line, word in zip(lines, words, strict=True):
        values = [getattr(word.predictors, name, None) for name in NAMES]
        assert [float(cell) if cell else None for cell in line[-6:]] == values


def test_json_has_them_with_each_word(counted):
    (score,) = counted[0].scores(["the cat"], replace(OPTIONS, eos=False))
    record = json.loads(written([score], "json"))
    assert list(record["spans"][1]["predictors"]) == NAMES
    assert record["spans"][1]["predictors"]["previous_surprisal"] == score.spans[0].surprisal
    assert record["spans"][0]["predictors"]["previous_surprisal"] is None


def test_pandas_has_the_columns_of_tsv(counted):
    (score,) = counted[0].scores(["the cat"], OPTIONS)
    assert list(score.to_pandas().columns)[-6:] == NAMES


def test_without_the_option_there_are_none(counted):
    record = json.loads(written([counted[0].score("the cat", by="word")], "json"))
    assert "predictors" not in record and "predictors" not in record["spans"][0]


def test_predictors_are_those_of_words():
    with pytest.raises(RnnreplError, match="`predictors` needs `by` word"):
        ScoreOptions(predictors=True)


def test_the_counts_are_not_in_the_description(counted):
    assert "counts" not in counted[0].describe().card
