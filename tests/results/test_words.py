"""Sums over words, regions and spans: which tokens belong to which, and exact totals."""

from dataclasses import replace
from math import fsum

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.results.words import cut_tokens, group, regions, spans, words
from tests import tiny
from tests.render.records import score


def sums(score):
    return [(span.text, span.surprisal) for span in score.spans]


def by_word(score):
    return sums(group(score, "word", words(score.text)))


def test_words_are_separated_by_blanks():
    assert words(" a  bc\n\td ") == [(1, 2), (4, 6), (8, 9)]


def test_a_word_includes_the_blanks_after_it():
    assert by_word(score("a  b c", [1.0, 2.0, 4.0, 8.0, 16.0, 32.0])) == [
        ("a", 7.0),
        ("b", 24.0),
        ("c", 32.0),
    ]


def test_leading_blanks_belong_to_the_first_word():
    assert by_word(score("  a", [1.0, 2.0, 4.0])) == [("a", 7.0)]


def test_a_token_that_begins_with_a_blank_belongs_to_the_word_after_it():
    assert by_word(score("a bc d", [1.0, 2.0, 4.0, 8.0], [(0, 1), (1, 3), (3, 4), (4, 6)])) == [
        ("a", 1.0),
        ("bc", 6.0),
        ("d", 8.0),
    ]


def test_the_tokens_of_one_character_belong_to_one_word():
    assert by_word(score("é b", [1.0, 2.0, 4.0, 8.0], [(0, 1), (0, 1), (1, 2), (2, 3)])) == [
        ("é", 7.0),
        ("b", 8.0),
    ]


def test_the_end_token_is_a_part_of_its_own():
    assert by_word(score("a b", [1.0, 2.0, 4.0, 8.0], eos=True))[-1] == ("", 8.0)
    assert by_word(score("", [8.0], eos=True)) == [("", 8.0)]


def test_a_span_without_tokens_has_surprisal_none():
    assert by_word(score("a -- b", [1.0, 2.0], [(0, 1), (5, 6)])) == [
        ("a", 1.0),
        ("--", None),
        ("b", 2.0),
    ]


def test_a_span_has_its_position_and_its_tokens():
    (_, second) = group(
        score("a bc", [1.0, 2.0, 4.0, 8.0], unk=(3,)), "word", [(0, 1), (2, 4)]
    ).spans
    assert (second.start, second.end, second.first, second.count, second.unk) == (2, 4, 3, 2, 1)


@pytest.mark.parametrize("kind", ["char", "word", "bytes", "whitespace"])
def test_tokens_add_up_to_words_and_words_to_the_total_exactly(tmp_path, kind):
    model = tiny.model(tmp_path / "m", kind, **({"eos": "line"} if kind == "word" else {}))
    scored = model.score(" the cät  sat,\non the mat\n")
    scored = group(scored, "word", words(scored.text))
    assert scored.closing is None
    for span in scored.spans:
        own = scored.tokens[span.first - 1 :][: span.count]
        assert span.surprisal == fsum(token.surprisal for token in own)
    assert sum(span.count for span in scored.spans) == scored.count
    assert fsum(s.surprisal for s in scored.spans) == pytest.approx(scored.total, rel=1e-12)


def bounded(text, spans, surprisals, boundaries, **options):
    """A score whose tokens have boundaries."""
    scored = score(text, surprisals, spans, **options)
    tokens = zip(scored.tokens, boundaries, strict=True)
    return replace(scored, tokens=tuple(replace(t, boundary=b) for t, b in tokens))


def test_the_end_of_a_word_moves_from_the_next_token_to_the_word():
    scored = bounded(
        "a bc, d", [(0, 1), (1, 4), (4, 5), (5, 7)], [1, 2, 4, 8], [None, 0.5, None, 3]
    )
    assert by_word(scored) == [("a", 1.5), ("bc,", 8.5), ("d", 5.0)]


def test_the_end_token_says_that_the_last_word_is_over():
    scored = bounded("ab", [(0, 2)], [1, 8], [None, 2], eos=True)
    assert by_word(scored) == [("ab", 3.0), ("", 6.0)]


def test_a_text_without_an_end_closes_its_last_word():
    scored = replace(score("a b", [1.0, 2.0, 4.0]), closing=0.5)
    assert by_word(scored) == [("a", 3.0), ("b", 4.5)]


def test_regions_end_as_words_do_and_spans_do_not():
    text, spans_of_tokens = "a bc d", [(0, 1), (1, 4), (4, 6)]
    scored = bounded(text, spans_of_tokens, [1, 2, 4], [None, 0.5, 1])
    scored = replace(scored, closing=0.25)
    assert sums(group(scored, "region", [(2, 4)])) == [("bc", 2.5)]
    assert sums(group(scored, "region", [(0, 4)])) == [("a bc", 4.0)]
    assert sums(group(scored, "region", [(5, 6)])) == [("d", 3.25)]
    assert sums(group(scored, "span", [(2, 4), (5, 6)])) == [("bc", 2), ("d", 4)]


def test_regions_are_marked_by_asterisks_that_are_removed():
    assert regions(r"the *key to* it \*was\* *here*") == (
        "the key to it *was* here",
        [(4, 10), (20, 24)],
    )
    assert regions(r"a\b") == (r"a\b", [])


def test_a_region_without_an_end_is_refused():
    with pytest.raises(RnnreplError, match="has no end"):
        regions("a *b")


def test_a_region_of_one_word_equals_the_word():
    text, marked = regions("a *bc* d")
    scored = score(text, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    assert sums(group(scored, "region", marked)) == [("bc", 28.0)]


def test_a_blank_inside_a_region_belongs_to_it():
    text, marked = regions("*a** b*")
    assert sums(group(score(text, [1.0, 2.0, 4.0]), "region", marked)) == [("a", 1.0), (" b", 6.0)]


def test_text_between_regions_belongs_to_none():
    text, marked = regions("*a*, b")
    assert sums(group(score(text, [1.0, 2.0, 4.0, 8.0]), "region", marked)) == [("a", 1.0)]


def test_a_span_covers_exactly_its_characters():
    scored = score("a bc", [1.0, 2.0, 4.0, 8.0])
    assert sums(group(scored, "span", spans(["2:4", "0:1", "1:2"]))) == [
        ("a", 1.0),
        (" ", 2.0),
        ("bc", 12.0),
    ]
    assert sums(group(scored, "span", spans(["3:9", "10:12"]))) == [("c", 8.0), ("", None)]


@pytest.mark.parametrize("given", [["a"], ["4"], ["4:2"], ["-1:2"], ["0:4", "3:6"]])
def test_an_invalid_span_is_refused(given):
    with pytest.raises(RnnreplError, match="span") as caught:
        spans(given)
    assert caught.value.exit_code == 2


SUBWORDS = ["bpe", "sentencepiece", "regex", "bytes", "char", "kiwi", "jamo"]


@pytest.mark.parametrize("kind", SUBWORDS)
def test_adjacent_spans_add_up_to_words_and_words_to_the_text(kind, tmp_path):
    text = " the cat sat 한국어를 읽는다.  on"
    whole = tiny.model(tmp_path / kind, kind, text=tiny.TEXT * 9 + "한국어를 읽는다.\n").score(text)
    grouped = group(whole, "word", words(text))
    assert [span.text for span in grouped.spans] == text.split()
    assert fsum(span.surprisal for span in grouped.spans) == pytest.approx(
        whole.total + whole.closing, rel=1e-12
    )
    for span in grouped.spans:
        first, after = span.first - 1, span.first - 1 + span.count
        terms = [token.surprisal for token in whole.tokens[first:after]]
        terms.append(-(whole.tokens[first].boundary or 0))
        end = whole.tokens[after].boundary if after < len(whole.tokens) else whole.closing
        assert fsum([*terms, end or 0]) == span.surprisal
        assert whole.tokens[after - 1].end >= span.end


def test_a_word_has_the_entropy_at_its_first_token(tmp_path):
    scored = tiny.model(tmp_path / "m").score("the cat")
    for span in group(scored, "word", words(scored.text)).spans:
        assert span.entropy == scored.tokens[span.first - 1].entropy


def test_a_region_cuts_a_token_where_a_bound_is_between_two_letters_of_it():
    text, marked = regions("The k*ing i*s *here* * now*.")
    tokens = [(0, 3), (3, 8), (8, 11), (11, 16), (16, 21), (21, 22)]
    summed = group(score(text, [1.0] * 6, tokens), "region", marked)
    assert [(span.text, token.text) for span, token in cut_tokens(summed)] == [("ing i", " king")]
