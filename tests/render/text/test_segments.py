from rnnrepl.render.text.segments import segments, graphemes
from tests.render.records import score


def spans(one):
    return [(segment.start, segment.end, segment.surprisal) for segment in segments(one)]


def test_each_token_has_a_patch_of_its_own():
    assert spans(score("ab", [1.0, 2.0])) == [(0, 1, 1.0), (1, 2, 2.0)]


def test_tokens_of_one_character_are_summed():
    utf8 = score("한a", [1.0, 2.0, 4.0, 8.0], [(0, 1), (0, 1), (0, 1), (1, 2)])
    assert spans(utf8) == [(0, 1, 7.0), (1, 2, 8.0)]


def test_tokens_that_make_one_sign_are_summed():
    family = "👩\u200d👧!"
    assert spans(score(family, [1.0, 2.0, 4.0, 8.0])) == [(0, 3, 7.0), (3, 4, 8.0)]
    assert spans(score("e\u0301", [1.0, 2.0])) == [(0, 2, 3.0)]


def test_text_that_no_token_covers_lies_between_patches():
    assert spans(score("a  b", [1.0, 2.0], [(0, 1), (3, 4)])) == [(0, 1, 1.0), (3, 4, 2.0)]


def test_the_end_token_has_an_empty_patch():
    assert spans(score("a", [1.0, 2.0], eos=True))[-1] == (1, 1, 2.0)


def test_an_end_token_inside_the_text_stands_alone():
    assert spans(score("ab", [1.0, 2.0, 4.0], [(0, 1), (1, 1), (1, 2)])) == [
        (0, 1, 1.0),
        (1, 1, 2.0),
        (1, 2, 4.0),
    ]


def test_signs_are_what_a_reader_sees_as_one():
    assert graphemes("e\u0301\u1112\u1161\u11ab👩\u200d👧") == [
        "e\u0301",
        "\u1112\u1161\u11ab",
        "👩\u200d👧",
    ]
