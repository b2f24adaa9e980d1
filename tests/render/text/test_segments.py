from rnnrepl.render.text.segments import graphemes, segments
from tests.render.records import score


def spans(record):
    return [(segment.start, segment.end, segment.surprisal) for segment in segments(record)]


def test_each_token_has_a_segment():
    assert spans(score("ab", [1.0, 2.0])) == [(0, 1, 1.0), (1, 2, 2.0)]


def test_tokens_of_a_character_are_summed():
    utf8 = score("한a", [1.0, 2.0, 4.0, 8.0], [(0, 1), (0, 1), (0, 1), (1, 2)])
    assert spans(utf8) == [(0, 1, 7.0), (1, 2, 8.0)]


def test_tokens_of_a_grapheme_are_summed():
    family = "👩\u200d👧!"
    assert spans(score(family, [1.0, 2.0, 4.0, 8.0])) == [(0, 3, 7.0), (3, 4, 8.0)]
    assert spans(score("e\u0301", [1.0, 2.0])) == [(0, 2, 3.0)]


def test_text_outside_tokens_is_between_segments():
    assert spans(score("a  b", [1.0, 2.0], [(0, 1), (3, 4)])) == [(0, 1, 1.0), (3, 4, 2.0)]


def test_the_end_token_has_an_empty_segment():
    assert spans(score("a", [1.0, 2.0], eos=True))[-1] == (1, 1, 2.0)


def test_an_end_token_inside_the_text_has_its_own_segment():
    assert spans(score("ab", [1.0, 2.0, 4.0], [(0, 1), (1, 1), (1, 2)])) == [
        (0, 1, 1.0),
        (1, 1, 2.0),
        (1, 2, 4.0),
    ]


def test_graphemes_join_combining_characters():
    assert graphemes("e\u0301\u1112\u1161\u11ab👩\u200d👧") == [
        "e\u0301",
        "\u1112\u1161\u11ab",
        "👩\u200d👧",
    ]
