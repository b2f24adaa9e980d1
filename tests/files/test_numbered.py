"""Lines as texts: each has its number, and blank ones are counted."""

import pytest

from rnnrepl.files.numbered import NumberedTexts


def place(number, unit):
    return f"{unit} {number}"


def test_every_line_is_a_text_whose_result_has_its_number():
    texts = NumberedTexts(["", "one", " \t", "two "], place)
    assert [*texts] == ["", "one", " \t", "two "]
    assert [texts.result() for _ in range(4)] == [1, 2, 3, 4]
    assert texts.place(2) == "line 2"


@pytest.mark.parametrize(
    ("lines", "unit", "said"),
    [
        (["one"], "line", []),
        (["", "one"], "line", ["1 blank line is a text too."]),
        (["", " "], "text", ["2 blank texts are texts too."]),
    ],
)
def test_how_many_are_blank_is_said(lines, unit, said):
    texts = NumberedTexts(lines, place, unit)
    assert [*texts] == lines
    assert [notice.text for notice in texts.notices()] == said
