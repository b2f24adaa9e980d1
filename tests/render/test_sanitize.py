import pytest

from rnnrepl.render.sanitize import sanitize, symbols


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
def test_characters_that_control_a_terminal_become_visible(text, expected):
    assert sanitize(text) == expected


@pytest.mark.parametrize(
    "text", ["", "plain", "a\tb\nc", "한국어", "e\u0301", "👩\u200d👧", "\xa0"]
)
def test_other_characters_are_unchanged(text):
    assert sanitize(text) == text


def test_line_ends_become_visible_unless_kept():
    assert sanitize("a\nb\t", keep="") == "a␊b␉"


def test_no_control_character_remains():
    assert not set(sanitize("".join(map(chr, range(0x110000))))) & set(map(chr, range(32))) - {
        *"\n\t"
    }


@pytest.mark.parametrize(
    ("token", "name"),
    [("", "¶"), (" ", "␣"), ("\n", "⏎"), ("\t", "⇥"), ("\u0301", "◌\u0301"), ("\u200d", "\\u200d")],
)
def test_an_invisible_token_has_a_symbol(token, name):
    assert symbols(token) == name
