"""`tokenize`: by the model's tokenizer, or by one that learns from the text itself."""

import pytest

from rnnrepl.commands.tokenize import tokenize
from rnnrepl.errors import RnnreplError


def test_a_text_is_cut_as_the_model_reads_it(run, session):
    assert run(tokenize, text=("the cat", "a")) == [
        session.model.tokenize("the cat"),
        session.model.tokenize("a"),
    ]


def test_a_tokenizer_has_its_vocabulary_from_the_text(run):
    (result,) = run(tokenize, text=("The cat, the dog",), tokenizer="whitespace")
    assert [token.text for token in result.tokens] == ["The", "cat,", "the", "dog"]
    assert (result.tokenizer, result.unk) == ("whitespace", 0)


def test_options_reach_the_tokenizer(run):
    (result,) = run(
        tokenize,
        text=("The the cat",),
        tokenizer="word",
        tokenizer_option=("fold=yes", "min-count=1"),
    )
    assert result.tokens[0].id == result.tokens[1].id


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs a text"),
        ({"text": ("a",), "tokenizer": "char", "model": "tiny"}, "not both"),
        ({"text": ("a",), "tokenizer": "chra"}, "Did you mean 'char'"),
        ({"text": ("a",), "tokenizer_option": ("a=b",)}, "needs --tokenizer"),
        ({"text": ("a",), "tokenizer": "char", "tokenizer_option": ("mincount=2",)}, "min_count"),
    ],
)
def test_what_is_not_understood_is_told(run, given, message):
    with pytest.raises(RnnreplError, match=message) as caught:
        run(tokenize, **given)
    assert caught.value.exit_code == 2


def test_rare_words_of_the_text_are_known_unless_a_minimum_count_is_given(run):
    (result,) = run(tokenize, text=("the cat saw the dog",), tokenizer="word")
    assert result.unk == 0
    given = {"tokenizer": "word", "tokenizer_option": ("min_count=2",)}
    (result,) = run(tokenize, text=("the cat saw the dog",), **given)
    assert result.unk == 3
