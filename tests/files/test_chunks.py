from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrepl.files.chunks import lines, whole_lines

texts = st.text(st.sampled_from("ab \n\r\t"), max_size=40)


def cut(text, places):
    """The text cut at these places, as a file is when it is read in chunks."""
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


@settings(deadline=None)
@given(texts, st.lists(st.integers(0, 40)))
def test_pieces_add_up_to_the_text_and_begin_with_non_blank_lines(text, places):
    pieces = list(whole_lines(cut(text, places)))
    assert "".join(pieces) == text
    for piece, following in pairwise(pieces):
        assert piece.endswith("\n")
        assert following.split("\n")[0].strip()


def test_a_piece_is_yielded_as_soon_as_its_end_is_known():
    read = []

    def file():
        for piece in ["one\ntw", "o\n", "\n", "three\nfour\n", "five"]:
            read.append(piece)
            yield piece

    pieces = whole_lines(file())
    assert next(pieces) == "one\n" and read == ["one\ntw"]
    assert list(pieces) == ["two\n\n", "three\n", "four\n", "five"]


def test_an_empty_text_has_no_pieces():
    assert list(whole_lines([])) == list(whole_lines(["", ""])) == []


@settings(deadline=None)
@given(texts, st.lists(st.integers(0, 40)))
def test_lines_do_not_depend_on_the_pieces(text, places):
    shortest = [line for _, line in lines(text)]
    assert [
        line for piece in whole_lines(cut(text, places)) for _, line in lines(piece)
    ] == shortest
    assert all(text[start:].startswith(line) for start, line in lines(text))
    assert "".join(shortest) == text


def test_a_line_includes_the_blank_lines_after_it():
    assert list(lines("a\n\n  b\n \nc")) == [(0, "a\n\n"), (3, "  b\n \n"), (9, "c")]
    assert list(lines("")) == []
