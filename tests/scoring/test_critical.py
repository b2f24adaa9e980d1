"""The parts in which two sentences differ."""

from rnnrepl.scoring.critical import critical_parts, solid_spans
from tests import tiny


def texts(good, bad, **options):
    first, second = critical_parts(good, bad, **options)
    return good[slice(*first)], bad[slice(*second)]


def test_the_critical_part_is_the_words_that_differ():
    assert texts("the cat sat.", "the dog sat.", whole=False) == ("cat ", "dog ")
    assert texts("she sees herself.", "she sees himself.", whole=False) == ("herself", "himself")
    assert texts("a b c d", "a x y d", whole=False) == ("b c ", "x y ")
    assert texts("a cat", "a cats", whole=False) == ("cat", "cats")


def test_a_model_of_characters_is_charged_with_the_mark_that_ends_a_word():
    assert texts("they walk.", "they walks.", whole=True) == ("walk.", "walks.")
    assert texts("they walk, on", "they walks, on", whole=True) == ("walk, ", "walks, ")


def test_an_empty_part_is_extended_by_the_next_word():
    assert texts("the cat sat", "the big cat sat", whole=False) == ("cat ", "big cat ")
    assert texts("who did he see?", "who he see?", whole=False) == ("did he ", "he ")
    assert texts("the the cat", "the cat", whole=False) == ("the cat", "cat")


def test_an_empty_part_at_the_end_is_extended_by_the_word_before():
    for whole in (True, False):
        assert texts("Cats sleep", "Cats", whole=whole) == ("Cats sleep", "Cats")
        assert texts("it ran", "it ran off", whole=whole) == ("ran", "ran off")
        assert texts("same", "same", whole=whole) == ("same", "same")
        assert texts("a", "", whole=whole) == ("a", "")


def test_both_parts_begin_after_a_space_or_neither_does():
    assert texts("it ran.", "it ran off.", whole=True) == ("ran.", "ran off.")
    assert texts("it ran.", "it ran off.", whole=False) == (".", "off.")
    assert texts("the dog's", "the dog 's", whole=True) == ("dog's", "dog 's")


def test_a_token_that_overlaps_a_part_belongs_to_it():
    tokens = [(0, 4), (5, 7)], [(0, 5), (6, 8)]
    assert texts("we'd go", "we'll go", whole=False, tokens=tokens) == ("we'd ", "we'll ")
    tokens = [(0, 5), (6, 8)], [(0, 2), (2, 5), (6, 8)]  # only in one of the sentences
    assert texts("we'll go", "we'll go", whole=False, tokens=tokens) == ("we'll ", "we'll ")


def test_spans_of_tokens_have_no_blanks(tmp_path):
    model = tiny.model(tmp_path / "m", "bpe", text=tiny.TEXT * 9, vocabulary=270)
    text = " the cat\nsat"
    parts = [text[slice(*span)] for span in solid_spans(model.score(text))]
    assert "".join(parts) == "thecatsat" and all(part == part.strip() for part in parts)
