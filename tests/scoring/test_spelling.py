"""Unknown words, charged with their spelling."""

import math
import tracemalloc

import pytest

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
    """The bits of a word and a blank, after a blank, as one text says them."""
    return char.score(f" {word} ").total - char.score(" ").total


def test_an_unknown_word_costs_its_spelling_besides(words, char):
    plain, found = words.score("the nest sat"), Speller(char).charge(words.score("the nest sat"))
    before, after = plain.tokens[1], found.tokens[1]
    assert after.unk and not plain.tokens[0].unk
    assert after.surprisal == pytest.approx(before.surprisal + spelling(char, "nest"), rel=1e-5)
    assert [found.tokens[n] for n in (0, 2, 3)] == [plain.tokens[n] for n in (0, 2, 3)]


def test_the_spelling_counts_before_a_cache_too(words, char):
    (plain,) = words.scores(["the nest the nest"], ScoreOptions(adaptation=Adaptation(cache=True)))
    found = Speller(char).charge(plain)
    more = found.total - plain.total
    assert more > 0 and found.total_before == pytest.approx(plain.total_before + more)
    assert found.perplexity_before == pytest.approx(2 ** (found.total_before / found.count))


def test_every_figure_that_rests_on_it_is_counted_anew(words, char):
    plain, found = (
        words.score("the nést", unit="nats"),
        Speller(char).charge(words.score("the nést", unit="nats")),
    )
    assert found.total == math.fsum(token.surprisal for token in found.tokens) > plain.total
    assert found.perplexity == pytest.approx(math.exp(found.total / 3))
    assert found.perplexity_per_word == pytest.approx(math.exp(found.total / 2))
    assert found.bits_per_char == pytest.approx(found.total / math.log(2) / 8)
    assert found.bits_per_byte == pytest.approx(found.total / math.log(2) / 9)
    assert found.perplexity_without_unk == plain.perplexity_without_unk
    assert found.spell == "char"


def test_a_text_without_unknown_words_costs_what_it_did(words, char):
    plain = words.score("the cat")
    found = Speller(char).charge(plain)
    assert (found.total, found.tokens) == (plain.total, plain.tokens)


def test_a_spelled_text_takes_some_bytes_a_token_too(words, char):
    speller, plain = Speller(char), words.score("the nest " * 15_000)
    speller.charge(words.score("the nest"))
    tracemalloc.start()
    try:
        found = speller.charge(plain)
        assert tracemalloc.get_traced_memory()[1] < 150 * found.count
    finally:
        tracemalloc.stop()


def test_a_spelling_that_is_not_known_in_full_is_told_once(words, char):
    speller = Speller(char)
    for _ in range(2):
        speller.charge(words.score("the n€st nest"))
    assert speller.unsure == ["n€st"]
    assert "n€st" in speller.doubt().text


def test_the_spelling_of_a_word_that_never_ends_has_no_finite_perplexity(words, char):
    assert Speller(char).charge(words.score("x" * 2000)).perplexity_per_word == math.inf
