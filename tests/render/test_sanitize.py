import pytest

from rnnrepl.render.sanitize import symbols, sanitize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31m", "␛[31m"),
        ("\x00\x07\x0d", "␀␇␍"),
        ("\x7f", "␡"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_what_steers_a_terminal_is_shown(text, expected):
    assert sanitize(text) == expected


@pytest.mark.parametrize(
    "text", ["", "plain", "a\tb\nc", "한국어", "e\u0301", "👩\u200d👧", "\xa0"]
)
def test_everything_else_stays_as_it_is(text):
    assert sanitize(text) == text


def test_line_ends_are_shown_where_there_is_no_room_for_them():
    assert sanitize("a\nb\t", keep="") == "a␊b␉"


def test_nothing_below_the_blank_ever_comes_through():
    assert not set(sanitize("".join(map(chr, range(0x110000))))) & set(map(chr, range(32))) - {
        *"\n\t"
    }


@pytest.mark.parametrize(
    ("token", "name"),
    [("", "¶"), (" ", "␣"), ("\n", "⏎"), ("\t", "⇥"), ("\u0301", "◌\u0301"), ("\u200d", "\\u200d")],
)
def test_a_token_that_would_not_be_seen_has_a_sign(token, name):
    assert symbols(token) == name
