"""Patterns: complete, possible and open matches."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.generation import pattern
from rnnrepl.generation.pattern import Pattern


@pytest.mark.parametrize(
    ("source", "text", "complete", "possible", "longer"),
    [
        ("abc|abcd", "ab", False, True, True),
        ("abc|abcd", "abc", True, True, True),
        ("abc|abcd", "abcd", True, True, False),
        ("abc|abcd", "abd", False, False, False),
        ("a?", "", True, True, True),
        (".*", "a\n", False, False, False),
        (r"\w+\n?", "ab", True, True, True),
        (r"\w+\n?", "ab\n", True, True, False),
        (r"(a|b)\1", "b", False, True, True),
        ("a$", "a", True, True, False),
        ("(?i)ab", "A", False, True, True),
    ],
)
def test_a_text_matches_or_a_continuation_could(source, text, complete, possible, longer):
    result = Pattern(source)
    assert result.complete(text) is complete
    assert result.possible(text) is possible
    assert result.open(text) is longer


@pytest.mark.parametrize("source", ["a(b", "[a", "a)(b", "*"])
def test_an_invalid_pattern_is_refused(source):
    with pytest.raises(RnnreplError, match="is not a regular expression") as caught:
        Pattern(source)
    assert caught.value.exit_code == 2


def test_a_pattern_that_takes_too_long_is_an_error(monkeypatch):
    monkeypatch.setattr(pattern, "TIMEOUT", 0.01)
    with pytest.raises(RnnreplError, match="takes too long"):
        Pattern("((a|aa)+)+b(?<=c)").complete("a" * 60)


def test_many_slow_matches_take_too_long_together(monkeypatch):
    monkeypatch.setattr(pattern, "MAX_SLOW", 0.02)
    slow = Pattern("(a|aa)+$")
    with pytest.raises(RnnreplError, match="Matching takes too long"):
        for length in range(40):
            slow.possible("a" * length + "b")
