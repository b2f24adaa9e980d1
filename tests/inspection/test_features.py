"""Which tokens have a feature: by pattern, by labels, and built in."""

import pytest

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.inspection import features
from rnnrepl.inspection.features import FeatureLabeler, SpanLabeler, labeler, read_labels

TEXT = 'He (or "she (it)") said: “Oh, no.” So be it.\nÉmile left!\n'


def labelled(label, *texts, kind="char"):
    """The texts with a _ for each token that is not labelled; words are given as a list."""
    made = tokenizer.find(kind).train(["".join(texts)])
    shown = []
    for text in texts:
        encoding = made.encode(text)
        labels = label.label(text, encoding).tolist()
        spans = zip(encoding.starts, encoding.ends, strict=True)
        shown += [text[a:b] if yes else "_" for yes, (a, b) in zip(labels, spans, strict=True)]
    return "".join(shown) if kind == "char" else shown


def test_a_match_labels_its_characters_and_a_group_only_its_own():
    assert labelled(labeler("it", (), ""), "sit it") == "_it_it"
    assert labelled(labeler('("[^"]*)"', (), ""), 'a "b" c "d') == '__"b______'


def test_a_word_is_labelled_if_a_match_touches_it():
    assert labelled(labeler("og r", (), ""), "the dog ran", kind="word") == ["_", "dog", "ran"]


def test_labels_go_on_from_block_to_block():
    assert labelled(labeler("", [(5, 8), (1, 2)], ""), "abcd\n", "efgh\n") == "_b___efg__"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("depth", '(or "she (it)"'),
        ("quote", '"she (it)“Oh, no.'),
        ("capital", "HOSÉ"),
        ("vowel", "eoeiaiOooeiÉiee"),
    ],
)
def test_a_built_in_feature_labels_the_characters_that_have_it(name, expected):
    label = FeatureLabeler(name)
    label._threshold = 0.0
    assert labelled(label, TEXT).replace("_", "") == expected


@pytest.mark.parametrize(
    ("name", "text", "above", "expected"),
    [
        ("line", "abcd\nabcd\n", 2, "__cd___cd_"),
        ("word", "ab abcd", 2, "_____cd"),
        ("sentence", "A b. C d e", 2, "__b.___d e"),
    ],
)
def test_a_position_labels_what_is_further_than_the_median(name, text, above, expected):
    label = FeatureLabeler(name)
    label._threshold = above
    assert labelled(label, text) == expected


def test_the_median_is_that_of_the_first_half_of_the_first_block():
    label = FeatureLabeler("length")
    assert labelled(label, "a abc ab abcde", kind="word") == ["_", "abc", "_", "abcde"]
    assert label.target == "length > 2"


def test_brackets_stay_open_in_the_next_block_and_one_too_many_counts_as_none():
    label = FeatureLabeler("depth")
    label._threshold = 0.0
    assert labelled(label, "a)b(\n", "c)d\n") == "___(\nc___"


def test_an_unclosed_quotation_ends_with_the_paragraph():
    label = FeatureLabeler("quote")
    assert labelled(label, 'a "b\n\nc "d" e') == '__"b\n___"d___'


def test_a_slow_pattern_is_stopped(monkeypatch):
    monkeypatch.setattr(features, "TIMEOUT", 0.05)
    label = labeler("(a+)+b", (), "")
    with pytest.raises(RnnreplError, match="Matching takes too long"):
        labelled(label, "a" * 5000)


def test_a_label_file_has_a_span_a_line():
    lines = [("f, line 1", "3\t5\tquote"), ("f, line 2", ""), ("f, line 3", "7 9")]
    assert read_labels(lines) == ([(3, 5), (7, 9)], ["f, line 1", "f, line 3"])
    with pytest.raises(RnnreplError, match=r"^f, line 2: A label is a span START END"):
        read_labels([("f, line 1", "1 2"), ("f, line 2", "x 3")])
    with pytest.raises(RnnreplError, match="There are no spans"):
        read_labels([])


def test_a_bad_label_is_named():
    with pytest.raises(RnnreplError, match=r"^Label 2: .* START <= END, not 5 3\.$"):
        labeler("", [(1, 2), (5, 3)], "")
    label = SpanLabeler([(1, 7), (0, 2)], place="line {}".format)
    labelled(label, "abc\n")
    with pytest.raises(RnnreplError, match=r"^line 1: The label 1 7 ends after the text, .* at 4"):
        label.check_end()
    labelled(label, "def")
    label.check_end()
