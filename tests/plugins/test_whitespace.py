import pytest
from hypothesis import given

from rnnrepl import tokenizer
from rnnrepl.testing import CORPUS, check_text, check_tokenizer
from tests.data import corpus
from tests.plugins.awkward import many, texts

Whitespace = tokenizer.find("whitespace")
SMALL = Whitespace.train(["the cat <unk> the dog\nthe end\n"])


@pytest.mark.parametrize("options", [{}, {"min_count": 2, "max_vocabulary": 8}])
def test_keeps_the_laws(options):
    check_tokenizer(Whitespace, **options)


@many
@given(texts)
def test_keeps_the_laws_of_any_text(text):
    check_text(Whitespace.train([CORPUS, text], min_count=2), text)


def test_the_vocabulary_is_sorted_by_special_tokens_count_and_characters():
    assert SMALL.tokens == ["<unk>", "<eos>", "the", "cat", "dog", "end"]


def test_every_newline_is_an_end_token_also_of_an_empty_line():
    assert SMALL.ids("the cat\n\n = the\n").tolist() == [2, 3, 1, 1, 0, 2, 1]


def test_a_last_line_without_a_newline_has_no_end_token():
    assert SMALL.ids("the cat").tolist() == [2, 3]


def test_unknown_words_and_unk_in_the_text_are_the_unknown_token():
    encoding = SMALL.encode(" a <unk>  the ")
    assert list(zip(*encoding, strict=True)) == [(0, 1, 2), (0, 3, 8), (2, 10, 13)]


def test_decoding_puts_one_blank_between_words_and_none_around_a_line():
    assert SMALL.decode([2, 3, 1, 4, 1, 1, 5]) == "the cat\ndog\n\nend"


def test_a_blank_is_written_with_the_word_after_it():
    decoder = SMALL.decoder()
    assert [decoder.feed(id) for id in [2, 3, 1, 4]] == ["the", " cat", "\n", "dog"]


def test_rare_words_are_unknown():
    assert Whitespace.train(["b b a c c c"], min_count=2).tokens == ["<unk>", "<eos>", "c", "b"]


def test_the_limit_of_the_vocabulary_includes_special_tokens():
    assert Whitespace.train(["b b a c c c"], max_vocabulary=3).tokens == ["<unk>", "<eos>", "c"]


def test_special_tokens_are_kept_below_the_limit():
    assert Whitespace.train(["a b"], max_vocabulary=1).tokens == ["<unk>", "<eos>"]


def test_penn_treebank_has_the_tokens_and_words_of_the_literature():
    text = corpus("ptb.train.txt")
    treebank = Whitespace.train([text])
    ids = treebank.ids(text)
    assert (len(ids), len(treebank.tokens)) == (929_589, 10_000)
    assert (ids == treebank.unk).sum() == text.split().count("<unk>")


def test_special_tokens_of_an_imported_vocabulary_keep_their_ids_and_names():
    other = Whitespace(["the", "</s>", "cat", "UNK"], unk="UNK", eos="</s>")
    assert other.ids("the dog\ncat").tolist() == [0, 3, 1, 2]
    assert other.decode([0, 3, 1, 2]) == "the UNK\ncat"
    assert Whitespace.from_dict(other.to_dict()).to_dict() == other.to_dict()
    for text in ["the cat\nthe dog", " \n\n", "UNK </s> the"]:
        check_text(other, text)


def test_without_an_end_token_a_newline_is_a_blank_or_a_token():
    blank = Whitespace(["the", "cat", "xxunk"], unk="xxunk", eos=None)
    token = Whitespace(["the", "cat", "xxunk", "\n"], unk="xxunk", eos=None)
    assert blank.eos is None and blank.ids("the\n\ncat").tolist() == [0, 1]
    assert token.ids("the\n\ncat").tolist() == [0, 3, 3, 1]
    for trained in (blank, token):
        check_text(trained, "the\ncat dog\n\n the")


def test_without_an_unknown_token_a_new_word_is_refused():
    known = Whitespace(["the", "<eos>"])
    assert (known.unk, known.ids("the\n").tolist()) == (None, [0, 1])
    check_text(known, "the dog")
    with pytest.raises(tokenizer.RnnreplError, match="neither 'dog' nor an unknown token"):
        known.ids("the dog")


def test_growing_appends_the_words_of_another_text():
    small, other = Whitespace.train(["the cat\n"]), Whitespace.train(["the dog\n"])
    assert small.grown(other).tokens == [*small.tokens, "dog"]
    assert small.grown(other).ids("the dog\n").tolist() == [*small.ids("the").tolist(), 4, 1]
