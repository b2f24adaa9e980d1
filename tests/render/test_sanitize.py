import unicodedata

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


# Ranges of the property Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt.
IGNORABLE = (
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F "
    "FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF"
)
WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


def invisible():
    ends = [[int(end, 16) for end in entry.split("-")] for entry in IGNORABLE.split()]
    ignorable = {code for first, *last in ends for code in range(first, (last or [first])[0] + 1)}
    categories = {"Cc", "Cs", "Cf", "Zl", "Zp"}
    return ignorable | {c for c in range(0x110000) if unicodedata.category(chr(c)) in categories}


def test_every_code_point_is_visible_or_unchanged():
    unsafe = invisible()
    for code in range(0x110000):
        shown = sanitize(chr(code), keep="")
        if unicodedata.category(chr(code)) != "Cn":  # a later Unicode may have assigned it
            assert (shown != chr(code)) == (code in unsafe), hex(code)
        assert not any(ord(char) in unsafe for char in shown), hex(code)


def test_hidden_characters_after_ascii_and_in_a_row_are_shown():
    unsafe = [chr(code) for code in invisible()]
    for char in unsafe:
        assert char not in sanitize(f"a{char}b", keep="")
        assert sanitize(f"가{char}{char}", keep="").count(char) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200db", "a\\u200db"),
        ("a\ufe0f", "a\\ufe0f"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f\\ufe0f"),
        ("😀\U000e0100\U000e0101", "😀\U000e0100\\U000e0101"),
        ("x\U000e0041\U000e007f", "x\\U000e0041\\U000e007f"),
        ("👩\u200d\u200d", "👩\u200d\\u200d"),
        ("\u3164", "\\u3164"),
    ],
)
def test_joiners_selectors_and_tags_out_of_place_are_shown(text, shown):
    assert sanitize(text) == shown


def test_the_text_before_decides_about_a_joiner():
    assert sanitize("\u200d") == "\\u200d" == sanitize("\u200d", before="a")
    assert sanitize("\u200d", before="👩") == sanitize("\u200d", before="❤\ufe0f") == "\u200d"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "a\tb\nc",
        "한국어",
        "e\u0301",
        "👩\u200d👧",
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "می\u200cخواهم",
        "葛\U000e0100",
        WALES,
        "\xa0",
    ],
)
def test_other_characters_are_unchanged(text):
    assert sanitize(text) == text


def test_line_ends_become_visible_unless_kept():
    assert sanitize("a\nb\t", keep="") == "a␊b␉"


@pytest.mark.parametrize(
    ("token", "name"),
    [("", "¶"), (" ", "␣"), ("\n", "⏎"), ("\t", "⇥"), ("\u0301", "◌\u0301"), ("\u200d", "\\u200d")],
)
def test_an_invisible_token_has_a_symbol(token, name):
    assert symbols(token) == name
