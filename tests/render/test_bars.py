"""Bars and sparklines: length, height, number."""

import pytest

from rnnrepl.render.bars import bar, sparkline


def test_a_bar_is_exact_to_an_eighth_and_limited():
    assert [bar(length, 2) for length in (0, 0.5, 1.25, 9)] == ["", "▌", "█▎", "██"]


@pytest.mark.parametrize(
    ("values", "shown"), [([], ""), ([0.0], "▁"), ([8, 4, 1], "█▄▁"), ([2, 2], "██")]
)
def test_a_sparkline_is_scaled_to_its_largest_value(values, shown):
    assert sparkline(values, 10) == shown


@pytest.mark.parametrize("count", [5, 6, 7, 100])
def test_a_long_sparkline_keeps_the_last_value(count):
    row = sparkline([*[8.0] * (count - 1), 1.0], 3)
    assert len(row) <= 3 and row[-1] == "▁"
