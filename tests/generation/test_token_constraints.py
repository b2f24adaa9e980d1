"""Token constraints: the ids of the tokens that settings name."""

import pytest

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.generation.token_constraints import resolve
from rnnrepl.sampling import Sampling
from tests import tiny


@pytest.fixture
def char():
    return tokenizer.find("char").train([tiny.TEXT])


@pytest.fixture
def word():
    return tokenizer.find("word").train([tiny.TEXT], min_count=1)


def test_the_unknown_token_is_refused_unless_it_is_allowed(char):
    assert resolve(Sampling(), char).refused == [char.unk]
    assert resolve(Sampling(allow_unk=True), char).refused == []


def test_banned_and_biased_tokens_are_found_by_their_text(word):
    result = resolve(Sampling(ban=("cat",), bias=("dog=2", "the=-1")), word)
    names = word.tokens
    assert sorted(names[id] for id in result.refused) == ["<unk>", "cat"]
    assert {names[id]: value for id, value in result.bias.items()} == {"dog": 2, "the": -1}


def test_a_token_is_named_as_tables_show_it_or_by_its_text():
    bytes_ = tokenizer.find("bytes").train([])
    assert resolve(Sampling(ban=("\\x0a", "A")), bytes_).refused == [10, 65]
    assert resolve(Sampling(ban=("\n",)), bytes_).refused == [10]


@pytest.mark.parametrize("text", ["the cat", "zebra", ""])
def test_a_text_that_is_not_one_token_is_refused(word, text):
    with pytest.raises(RnnreplError, match=f"^`ban`: '{text}' is not one token"):
        resolve(Sampling(ban=(text,)), word)


def test_a_bias_that_is_not_one_token_names_its_option(word):
    with pytest.raises(RnnreplError, match=r"^`bias`: 'the cat' is not .*`rnnrepl tokenize`"):
        resolve(Sampling(bias=("the cat=1",)), word)


def test_breakers_outside_the_vocabulary_are_ignored(word):
    result = resolve(Sampling(dry_breakers=(".", "zebra")), word)
    assert [word.tokens[id] for id in result.breakers] == ["."]


def test_banning_every_token_is_refused(char):
    with pytest.raises(RnnreplError, match="names every token"):
        resolve(Sampling(ban=tuple(char.tokens)), char)
