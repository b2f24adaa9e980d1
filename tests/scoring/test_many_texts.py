"""Many texts are scored in order, ahead of their use, and with the same figures as alone."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.scoring import scorer
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny

LINES = ["the cat", "", "the dog sat too", "t", "the cat", "and the cat ran on the mat", "€"] * 9


def test_many_texts_score_in_order_as_each_does_alone(char, words):
    for model in (char, words):
        together = list(model.scores(LINES, ScoreOptions(top=2)))
        assert [score.text for score in together] == LINES
        for score in together:
            alone = model.score(score.text, top=2)
            assert score.total == pytest.approx(alone.total, rel=1e-5)
            assert (score.count, score.unk, score.eos) == (alone.count, alone.unk, alone.eos)
            for mine, theirs in zip(score.tokens, alone.tokens, strict=True):
                assert mine.surprisal == pytest.approx(theirs.surprisal, rel=1e-4)
                assert mine.entropy == pytest.approx(theirs.entropy, rel=1e-4)
                assert mine.rank == theirs.rank
                assert [alternative.text for alternative in mine.top] == [
                    alternative.text for alternative in theirs.top
                ]


def counted(texts, read):
    for text in texts:
        read.append(text)
        yield text


def test_the_first_score_does_not_wait_for_a_second_text(char):
    read = []
    scores = char.scores(counted(LINES, read))
    assert next(scores).text == LINES[0] and len(read) == 1


@pytest.mark.parametrize("carry", [False, True])
@pytest.mark.parametrize("ahead", [1, 8])
def test_a_bounded_number_of_texts_is_read_ahead(char, carry, ahead):
    read = []
    scores = char.scores(counted(LINES * 5, read), ScoreOptions(carry=carry, ahead=ahead))
    for number, _ in enumerate(scores):
        assert len(read) - number <= ahead
    assert number + 1 == len(read) == len(LINES * 5)


@pytest.mark.parametrize("top", [0, 3])
def test_long_texts_are_not_read_ahead(char, monkeypatch, top):
    monkeypatch.setattr(scorer, "KEPT", 60 * (4 + top))
    read = []
    for number, _ in enumerate(
        char.scores(counted(["the cat sat" * 5] * 40, read), ScoreOptions(top=top))
    ):
        assert len(read) - number <= 2


def test_texts_before_a_refused_one_are_scored(tmp_path):
    model = tiny.model(tmp_path / "strict", outside="error")
    texts = []
    with pytest.raises(RnnreplError, match="€"):
        for score in model.scores(["the", "cat", "sat", "the", "cat", "€", "on"]):
            texts.append(score.text)
    assert texts == ["the", "cat", "sat", "the", "cat"]


# --- known errors of other scorers ---------------------------------------------------------------


def test_equal_texts_have_equal_scores_whatever_stands_beside_them(tmp_path):
    model = tiny.model(tmp_path / "m", embed=96, hidden=(96, 96))
    random = np.random.default_rng(0)
    others = ["".join(random.choice(list("the cat"), random.integers(1, 60))) for _ in range(400)]
    texts = ["the cat sat"]  # the first text is scored alone, then come batches
    for number, other in enumerate(others):
        texts += [other, "the cat sat"] if number % 7 == 0 else [other]
    scores = [s for s in model.scores(texts) if s.text == "the cat sat"]
    assert len(scores) == 59 and all(score == scores[0] for score in scores)


def test_texts_with_the_same_ids_tie_exactly(words):
    first, *_, last = words.scores(["the nest", "the cat", "a dog ran", "the egg"])
    assert first.unk == last.unk == 1 and first.total == last.total


def test_measures_of_recent_texts_are_bounded(char, monkeypatch):
    monkeypatch.setattr(scorer, "KEPT", 60)
    texts = ["the cat", "a dog", "the mat on the mat"] * 9
    totals = [score.total for score in char.scores(texts)]
    assert totals[:3] * 9 == pytest.approx(totals, rel=1e-5)
