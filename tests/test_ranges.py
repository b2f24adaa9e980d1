"""Ranges of numbers."""

from dataclasses import dataclass
from math import inf, nan
from typing import Annotated

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.ranges import PROBABILITY, SEED, Range, check_fields


@pytest.mark.parametrize(
    ("legal", "value", "says"),
    [
        (Range(0, 10), -1, "at least 0, not -1."),
        (Range(0, 10), 11.5, "at most 10, not 11.5."),
        (Range(0, 10), nan, "at least 0, not nan."),
        (Range(0, 10), inf, "at most 10, not inf."),
        (Range(0, 10), 10**400, "at most 10."),
        (Range(0, 10), -(10**400), "at least 0."),
        (Range(0, 10, above=True), 0, "greater than 0, not 0."),
        (Range(0, 1, below=True), 1.0, "less than 1, not 1.0."),
        (SEED, 2**63, "at most 9,223,372,036,854,775,807."),
    ],
)
def test_a_number_out_of_range_is_an_error_that_names_the_bound(legal, value, says):
    with pytest.raises(RnnreplError) as caught:
        legal.check("--x", value)
    assert str(caught.value) == f"--x must be {says}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("value", [0, 1, 0.5])
def test_the_bounds_are_legal(value):
    PROBABILITY.check("--p", value)


@pytest.mark.parametrize(
    ("legal", "shown"),
    [
        (Range(0, 1), "0–1"),
        (Range(1, 1_000_000), "1–1e6"),
        (Range(-10_000, 10_000), "-1e4 to 1e4"),
        (Range(0, 1, above=True), "above 0, at most 1"),
        (Range(0, 1, below=True), "at least 0, below 1"),
    ],
)
def test_help_shows_a_range_in_few_words(legal, shown):
    assert str(legal) == shown


def test_the_fields_of_a_dataclass_are_checked_by_their_annotations():
    @dataclass
    class Options:
        size: Annotated[int | None, "a size", Range(1, 9)] = None
        name: Annotated[str, "a name"] = ""

    check_fields(Options())
    check_fields(Options(9))
    with pytest.raises(RnnreplError, match="`size` must be at least 1, not 0"):
        check_fields(Options(0))
