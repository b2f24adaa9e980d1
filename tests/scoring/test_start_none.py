"""start "none": the first token is read and not predicted; all others are scored."""

import numpy as np
import pytest

from rnnrepl.checks import examine, own_text
from rnnrepl.errors import RnnreplError
from rnnrepl.results.models import Check
from rnnrepl.rnn.network import NO_TOKEN, Context
from rnnrepl.scoring import surprisal
from tests import tiny

TEXT = "the cat sat on the mat."


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "none", start="none")


def expected(model, text):
    """-ln P of each token but the first, from the state after the first."""
    ids = model.tokenizer.ids(text)
    context = Context(model.network.initial(), int(ids[0]))
    return surprisal.surprisals(model.network, ids[1:], context)[0]


def test_the_first_token_has_no_surprisal_and_is_not_counted(model):
    score = model.score(TEXT, unit="nats", top=2)
    first, *rest = score.tokens
    assert (first.surprisal, first.rank, first.entropy, first.top) == (None, None, None, ())
    assert [t.surprisal for t in rest] == pytest.approx(expected(model, TEXT).tolist(), abs=1e-5)
    assert score.start == "none" and score.count == len(TEXT) - 1
    assert score.total == pytest.approx(expected(model, TEXT).sum(), rel=1e-6)
    assert all(len(token.top) == 2 for token in rest)


def test_texts_of_any_length_are_scored_side_by_side(model):
    texts = ["t", "", TEXT, "th", TEXT[:9]]
    for text, score in zip(texts, model.scores(texts), strict=True):
        alone = model.score(text)
        assert score.total == pytest.approx(alone.total, abs=1e-4)
        assert score.count == max(len(text) - 1, 0)


def test_only_the_first_text_of_a_carried_state_begins_without_a_score(model):
    first, second = TEXT[:7], TEXT[7:]
    whole = model.score(TEXT)
    context = model.read(first)
    carried = model.score(second, context=context)
    assert carried.count == len(second)
    assert model.score(first).total + carried.total == pytest.approx(whole.total, abs=1e-4)


def test_nothing_is_read_by_an_empty_text(model):
    assert model.read("").id == NO_TOKEN and model.read("t").id != NO_TOKEN


def test_evaluation_counts_the_scored_tokens(model):
    evaluation = model.evaluate([TEXT])
    assert evaluation.tokens == len(TEXT) - 1
    assert evaluation.nats == pytest.approx(expected(model, TEXT).sum(), rel=1e-6)


@pytest.mark.parametrize(
    "predict",
    [
        lambda model: model.next_tokens(),
        lambda model: model.generate(length=3),
        lambda model: model.step(model.begin()),
    ],
)
def test_nothing_is_predicted_before_the_first_token(model, predict):
    with pytest.raises(RnnreplError, match="does not predict the first token of a text"):
        predict(model)


def test_a_text_is_continued_after_its_first_token(model):
    assert model.generate("the", length=5, seed=1).text
    assert model.next_tokens("t").tokens


def test_words_sum_over_their_scored_tokens(model):
    score = model.score("the cat", by="word")
    first, second = score.spans
    assert (first.first, first.count + second.count) == (2, len("the cat") - 1)
    assert first.surprisal + second.surprisal == pytest.approx(score.total + score.closing)


def test_the_check_of_a_model_passes(model):
    for text in (TEXT, own_text(model)):
        checks = [result for result in examine(model, text) if isinstance(result, Check)]
        assert checks and all(check.ok for check in checks)


@pytest.mark.needs_torch
def test_measures_are_equal_on_torch(model):
    ids = model.tokenizer.ids(TEXT)
    nats, after = model.on("cpu:0").surprisals(ids)
    assert np.isnan(nats[0]) and after.id == ids[-1]
    np.testing.assert_allclose(nats[1:], expected(model, TEXT), atol=1e-5)
