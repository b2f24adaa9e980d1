"""Patterns of users and files: invalid and explosive ones are refused in bounded memory."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.tokenizer import compile_pattern


def test_a_pattern_is_put_in_its_place():
    assert compile_pattern("a|b", "(?:{})c{}").fullmatch("bc{}")
    assert compile_pattern(r"\d{4}-\d{2}-\d{2}").fullmatch("2026-11-28")


@pytest.mark.parametrize(
    "source",
    [
        "a{2147483647}",
        "a{" + "9" * 5000 + "}",
        "((a{1000}){1000}){1000}",
        "(?:a{1000,}[)]){1000,2000}",
        "(?x)(?:a { 1 0 0 0 } # (\n ){1000}",
        "(?x)a{#\n1000000}",
        "a|" * 100_000,
    ],
)
def test_an_explosive_pattern_is_refused(source):
    with pytest.raises(RnnreplError, match="it repeats parts over 100,000 times or is longer"):
        compile_pattern(source)


@pytest.mark.parametrize(
    "source", ["(", "[", "a{2}{2}(", "(" * 5000, r"\N{nothing}", r"(?P<a>)\g<b>"]
)
def test_an_invalid_pattern_is_an_error_with_its_reason(source):
    with pytest.raises(RnnreplError, match=r"\w"):
        compile_pattern(source)
