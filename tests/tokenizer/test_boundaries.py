"""Where words end in a vocabulary."""

import pytest

from rnnrepl import tokenizer
from rnnrepl.tokenizer.boundaries import blanks, word_ends

TEXT = "the cat sat on the mat.\nthe dog sat too, and the cat ran.\n" * 5


def trained(kind, **options):
    return tokenizer.find(kind).train([TEXT], **options)


@pytest.mark.parametrize(
    "kind, options, expected",
    [
        ("char", {}, "separate"),
        ("bytes", {}, "separate"),
        ("jamo", {}, "separate"),
        ("bpe", {}, "leading"),
        ("bpe", {"vocabulary": 256}, "separate"),
        ("sentencepiece", {}, "leading"),
        ("kiwi", {}, "leading"),
        ("regex", {}, "leading"),
        ("regex", {"pattern": r"\w+"}, "separate"),
        ("word", {}, "none"),
        ("whitespace", {}, "none"),
    ],
)
def test_the_blanks_of_a_vocabulary_are_separate_or_leading_or_none(kind, options, expected):
    assert blanks(trained(kind, **options)) == expected


@pytest.mark.parametrize("kind", ["char", "bytes", "jamo", "bpe", "sentencepiece", "kiwi", "regex"])
@pytest.mark.parametrize("eos", ["none", "line"])
def test_a_word_ends_before_each_token_whose_text_begins_with_a_blank(kind, eos):
    made = trained(kind, eos=eos)
    before = made.ids("the")[0]
    decoded = [made.decode([before, id]) for id in range(len(made.tokens))]
    decoded = [text.removeprefix(made.decode([before])) for text in decoded]
    expected = {id for id, text in enumerate(decoded) if text[:1].isspace()} | {made.eos} - {None}
    assert {*word_ends(made).tolist()} == expected


def test_a_vocabulary_without_blanks_has_no_ends_of_words():
    assert word_ends(trained("word", eos="line")) is None
    assert word_ends(tokenizer.find("char").train(["ACGT"])) is None
