"""Lines as texts: blank ones are skipped, the others keep their numbers."""

import pytest

from rnnrepl.files.numbered import NumberedTexts


def place(number, unit):
    return f"{unit} {number}"


def test_blank_lines_are_skipped_and_the_others_keep_their_numbers():
    texts = NumberedTexts(["", "one", " \t", "two ", "\u3000", "three"], place)
    assert [*texts] == ["one", "two ", "three"]
    assert [texts.result() for _ in range(3)] == [2, 4, 6]


def test_a_text_is_named_by_its_line_also_while_others_have_results():
    texts = NumberedTexts(["one", "", "two", "", "three"], place)
    assert next(texts) == "one" and texts.place(1) == "line 1"
    assert next(texts) == "two" and texts.place(2) == "line 3"
    assert texts.result() == 1 and texts.place(2) == "line 3"
    assert next(texts) == "three" and texts.place(3) == "line 5"


@pytest.mark.parametrize(
    ("lines", "unit", "said"),
    [
        (["one"], "line", []),
        (["", "one"], "line", ["1 blank line was skipped."]),
        (["", " "], "text", ["2 blank texts were skipped."]),
    ],
)
def test_how_many_were_skipped_is_said(lines, unit, said):
    texts = NumberedTexts(lines, place, unit)
    assert [*texts] == [line for line in lines if line.strip()]
    assert [notice.text for notice in texts.notices()] == said
