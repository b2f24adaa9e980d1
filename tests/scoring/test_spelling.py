"""Unknown words, charged with their spelling."""

import math
import tracemalloc

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.scoring.adaptation import Adaptation
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.spelling import Speller
from tests import tiny


@pytest.fixture
def words(tmp_path):
    return tiny.model(tmp_path / "words", "whitespace")


@pytest.fixture
def char(tmp_path):
    return tiny.model(tmp_path / "char", seed=1)


def spelling(char, word):
    """The surprisal in bits of a word and a blank, after a blank, from one text."""
    return char.score(f" {word} ").total - char.score(" ").total


def test_an_unknown_word_is_charged_with_its_spelling(words, char):
    plain, spelled = words.score("the nest sat"), Speller(char).charge(words.score("the nest sat"))
    before, after = plain.tokens[1], spelled.tokens[1]
    assert after.unk and not plain.tokens[0].unk
    assert after.surprisal == pytest.approx(before.surprisal + spelling(char, "nest"), rel=1e-5)
    assert [spelled.tokens[n] for n in (0, 2, 3)] == [plain.tokens[n] for n in (0, 2, 3)]


def test_a_model_of_words_cannot_spell(words):
    with pytest.raises(RnnreplError, match=r"`spell` needs a model of characters, and \w+ is one"):
        Speller(words)


def test_the_spelling_is_added_to_the_total_before_adaptation_too(words, char):
    (plain,) = words.scores(["the nest the nest"], ScoreOptions(adaptation=Adaptation(cache=True)))
    spelled = Speller(char).charge(plain)
    more = spelled.total - plain.total
    assert more > 0 and spelled.total_before == pytest.approx(plain.total_before + more)
    assert spelled.perplexity_before == pytest.approx(2 ** (spelled.total_before / spelled.count))


def test_all_figures_are_recomputed(words, char):
    plain, spelled = (
        words.score("the nést", unit="nats"),
        Speller(char).charge(words.score("the nést", unit="nats")),
    )
    assert spelled.total == math.fsum(token.surprisal for token in spelled.tokens) > plain.total
    assert spelled.perplexity == pytest.approx(math.exp(spelled.total / 3))
    assert spelled.perplexity_per_word == pytest.approx(math.exp(spelled.total / 2))
    assert spelled.bits_per_char == pytest.approx(spelled.total / math.log(2) / 8)
    assert spelled.bits_per_byte == pytest.approx(spelled.total / math.log(2) / 9)
    assert spelled.perplexity_without_unk == plain.perplexity_without_unk
    assert spelled.spell == "char"


def test_a_text_without_unknown_words_is_unchanged(words, char):
    plain = words.score("the cat")
    spelled = Speller(char).charge(plain)
    assert (spelled.total, spelled.tokens) == (plain.total, plain.tokens)


def test_a_spelled_text_takes_a_few_bytes_per_token(words, char):
    speller, plain = Speller(char), words.score("the nest " * 15_000)
    speller.charge(words.score("the nest"))
    tracemalloc.start()
    try:
        spelled = speller.charge(plain)
        assert tracemalloc.get_traced_memory()[1] < 150 * spelled.count
    finally:
        tracemalloc.stop()


def test_a_spelling_with_unknown_characters_is_reported_once(words, char):
    speller = Speller(char)
    for _ in range(2):
        speller.charge(words.score("the n€st nest"))
    assert speller.unknown_spellings == ["n€st"]
    (notice,) = speller.notices()
    assert "n€st" in notice.text


def test_a_very_long_unknown_word_has_infinite_perplexity(words, char):
    assert Speller(char).charge(words.score("x" * 2000)).perplexity_per_word == math.inf
