import sys
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl import tokenizer
from rnnrepl.testing import CORPUS, TEXTS, check_text, check_tokenizer
from tests.plugins.awkward import many, texts

Word = tokenizer.find("word")
plugin = sys.modules[Word.__module__]
any_options = st.fixed_dictionaries(
    {
        "fold": st.booleans(),
        "punctuation": st.sampled_from(["keep", "drop"]),
        "eos": st.sampled_from(["none", "line", "paragraph"]),
    }
)


def tokens(text, **options):
    word = Word.train([text], min_count=1, **options)
    return [word.tokens[id] for id in word.ids(text)]


def respaced(text, **options):
    """The text, encoded and decoded by a tokenizer trained on it."""
    word = Word.train([text], min_count=1, **options)
    return word.decode(word.ids(text))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fold": True, "min_count": 1, "eos": "paragraph"},
        {"punctuation": "drop", "eos": "line", "max_vocabulary": 20},
    ],
)
def test_keeps_the_laws(options):
    check_tokenizer(Word, **options)


@many
@given(texts, texts, any_options)
def test_keeps_the_laws_of_any_text_with_any_options(known, text, options):
    trained = Word.train([CORPUS, known], min_count=1, **options)
    check_text(trained, text)
    check_text(trained, known)


def trained_plainly(text, fold, punctuation, eos):
    """The trained tokenizer, computed unit by unit."""
    units = list(Word([], [], [], fold, punctuation, eos).units(text))
    gaps = [0, *(gap(*pair) for pair in pairwise(units)), 0]
    places = Counter(zip([unit for unit, _, _ in units], gaps[:-1], gaps[1:], strict=True))
    counts = Counter(unit for unit, _, _ in units)
    special = ["<unk>"] if eos == "none" else ["<unk>", "<eos>"]
    tokens = sorted(counts.keys() - {*special}, key=lambda unit: (-counts[unit], unit))
    marks = [token for token in tokens if plugin.is_mark(token) and token != '"']
    before = [mark for mark in marks if plugin._sides(mark, places)[0]]
    after = [mark for mark in marks if plugin._sides(mark, places)[1]]
    return Word([*special, *tokens], before, after, fold, punctuation, eos).to_dict()


def gap(unit, following):
    """What is between two units: 1 no blank, -1 a blank, 0 the end of a line."""
    if {unit[0], following[0]} & {"\n", "<eos>"}:
        return 0
    return 1 if unit[2] == following[1] else -1


@many
@given(texts, any_options)
def test_training_equals_counting_unit_by_unit(text, options):
    text = "\n".join([text, CORPUS, *TEXTS.values(), text])
    trained = Word.train([text], min_count=1, **options)
    assert trained.to_dict() == trained_plainly(text, **options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't o'er, 'tis", ["Don't", "o'er", ",", "'", "tis"]),
        ("it’s", ["it’s"]),
        ("well-known word--word", ["well", "-", "known", "word", "--", "word"]),
        ("1,000.50, 3rd 1990's", ["1,000.50", ",", "3rd", "1990's"]),
        ("wait... no?!", ["wait", "...", "no", "?", "!"]),
        ("naïve cafe\u0301 Привет", ["naïve", "cafe\u0301", "Привет"]),
        ("我们 ok", ["我", "们", "ok"]),
        ("\U0001f44d\U0001f3fd!", ["\U0001f44d\U0001f3fd", "!"]),
        ("a <unk> b", ["a", "<unk>", "b"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
    ],
)
def test_text_is_split_into_words_numbers_and_marks(text, expected):
    assert tokens(text) == expected


def test_no_token_contains_a_blank_also_after_a_prepended_mark():
    text = "a \u0600 b \u06dd\u0661"
    assert tokens(text) == ["a", "\u0600", "b", "\u06dd", "\u0661"]
    check_text(Word.train([text], min_count=1), text)


def test_the_cache_of_chunks_does_not_change_the_ids(monkeypatch):
    monkeypatch.setattr(plugin, "CACHED", 2)
    long = "x" * plugin.LONG
    text = f"a b, a c a, b {long} a {long}\n" * 2
    word = Word.train([text], min_count=1)
    assert word.tokens == ["<unk>", "a", ",", "b", "x" * 32, "\n", "c"]
    assert word.ids(text).tolist() == word.encode(text).ids


def test_spans_of_folded_text_refer_to_the_text_as_typed():
    word = Word.train(["İznik the"], fold=True, min_count=1)
    ids, starts, ends = word.encode(" The İZNİK")
    assert [word.tokens[id] for id in ids] == ["the", "<unk>"]
    assert (starts, ends) == ([1, 5], [4, 10])
    assert word.encode("İznik THE").ids == [word.tokens.index("i\u0307znik"), ids[0]]


def test_punctuation_can_be_dropped():
    assert tokens('Yes -- no, "well"...', punctuation="drop") == ["Yes", "no", "well"]


def test_the_vocabulary_is_sorted_by_count_and_characters():
    assert Word.train(["b a c c"], min_count=1).tokens == ["<unk>", "c", "a", "b"]


def test_a_word_seen_once_is_unknown_by_default():
    word = Word.train(["a a b"])
    assert word.tokens == ["<unk>", "a"]
    assert word.encode("a b") == ([1, 0], [0, 2], [1, 3])


def test_the_limit_of_the_vocabulary_includes_special_tokens():
    assert Word.train(["a a a b b c c d"], max_vocabulary=3, eos="line").tokens == [
        "<unk>",
        "<eos>",
        "a",
    ]


def test_with_eos_line_each_newline_is_an_end_token():
    assert tokens("a\n\nb\n", eos="line") == ["a", "<eos>", "<eos>", "b", "<eos>"]
    assert respaced("a\n\nb\n", eos="line") == "a\n\nb\n"


def test_with_eos_paragraph_blank_lines_are_one_end_token():
    text = "a\nb\n \n\nc"
    assert tokens(text, eos="paragraph") == ["a", "\n", "b", "<eos>", "c"]
    assert respaced(text, eos="paragraph") == "a\nb\n\nc"


@pytest.mark.parametrize(
    "text",
    [
        "First, hear me: speak! Is it so? No; never.",
        "A well-known fact--known (or not) to all--if any.",
        '"It\'s so," he said, "and so it stays."\n"Yes."',
        "“Ja” und «oui», 5% of $9 & more: ¿qué?",
        "'Tis so: 'tis well, and 'twas.",
        "我们是学生，好。カタカナ！",
        "a\nb\n\nc",
    ],
)
def test_blanks_are_restored(text):
    # Repeated so that the side of each mark with a blank is unambiguous.
    assert respaced(f"{text}\n" * 3) == f"{text}\n" * 3


def test_the_blanks_around_a_mark_are_those_of_most_of_the_corpus():
    french = Word.train(["oui ! non ! si ! ah!\n"], min_count=1)
    assert french.decode(french.ids("oui!")) == "oui !"


def test_words_are_separated_even_if_the_corpus_has_only_marks_next_to_them():
    word = Word.train(["(a),\n(b),\n"], min_count=1)
    assert word.decode(word.ids("a b")) == "a b"


def test_marks_are_not_joined_into_another_token():
    word = Word.train(["it's 'a' b. c. --\n" * 3], min_count=1)
    for text in ["a 'b", ". . .", "< unk >", "- -"]:
        ids = word.ids(text).tolist()
        assert word.ids(word.decode(ids)).tolist() == ids


def test_a_blank_is_written_with_the_word_after_it():
    word = Word.train(["one, two."], min_count=1)
    decoder = word.decoder()
    assert [decoder.feed(id) for id in word.ids("one, two.")] == ["one", ",", " two", "."]


def test_an_unpaired_quotation_mark_does_not_affect_the_next_paragraph():
    word = Word.train(['say "so" now\n' * 3], min_count=1)
    text = 'say "so now\n\nsay "so" now'
    assert word.decode(word.ids(text)) == text


def test_special_tokens_in_the_text_are_those_tokens():
    word = Word.train(["a b\n"], min_count=1, eos="line")
    assert word.ids("<unk> a<eos>").tolist() == [0, 2, 1]
    assert word.decode([0, 2, 1]) == "<unk> a\n"


def test_a_line_of_dropped_punctuation_is_dropped():
    text = "a\n* * *\nb\n\nc"
    kept = ["a", "\n", "b", "<eos>", "c"]
    assert tokens(text, punctuation="drop", eos="paragraph") == kept


def test_growing_appends_the_words_of_another_text():
    small, other = (
        Word.train(["the cat, the cat"], min_count=1),
        Word.train(["a (dog) a"], min_count=1),
    )
    grown = small.grown(other)
    assert grown.tokens[: len(small.tokens)] == small.tokens
    text = "the dog, (a cat)"
    assert 0 in small.ids(text) and 0 not in grown.ids(text)
    assert grown.decode(grown.ids(text)) == text
