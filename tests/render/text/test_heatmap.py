from dataclasses import replace
from io import StringIO
from unicodedata import normalize

import pytest
from rich.color import Color, ColorSystem
from rich.console import Console

from rnnrepl.render import Screen
from rnnrepl.render.text.colormap import COLORS, RankScale, SurprisalScale, level
from rnnrepl.render.text.heatmap import HeatMap, Legend
from rnnrepl.render.text.segments import segments
from rnnrepl.results.words import group
from tests.render.records import score
from tests.render.terminal import Terminal, screen_of, shown


def drawn(renderable, **options):
    options = {"width": 40, "force_terminal": True, "color_system": "truecolor"} | options
    console = Console(file=StringIO(), legacy_windows=False, _environ={}, **options)
    console.print(renderable)
    return console.file.getvalue()


def luminance(color):
    channels = [value / 255 for value in Color.parse(color).triplet]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_each_token_has_the_color_of_its_level():
    assert drawn(HeatMap(score("abc", [0.5, 1.5, 20.0]))) == (
        "a\x1b[38;2;255;255;255;48;2;32;64;154mb\x1b[0m\x1b[38;2;0;0;0;48;2;255;213;74mc\x1b[0m\n"
    )


def test_without_colors_levels_are_dim_underlined_or_reversed():
    text = drawn(HeatMap(score("abcdef", [0.5, 1.5, 3.0, 6.0, 10.0, 13.0])), no_color=True)
    assert text == (
        "\x1b[2ma\x1b[0mb\x1b[4mc\x1b[0m\x1b[1;4md\x1b[0m\x1b[7me\x1b[0m\x1b[1;7mf\x1b[0m\n"
    )


def test_without_styles_there_are_digits_below_the_text():
    words = score("to be", [3.2, 11.0], [(0, 2), (3, 5)])
    assert drawn(HeatMap(words), force_terminal=False, color_system=None) == "to be\n3  9\n"


def test_digits_align_with_wide_characters():
    wide = score("한a", [1.0, 2.0])
    assert drawn(HeatMap(wide), force_terminal=False, color_system=None) == "한a\n1 2\n"


def test_the_unit_does_not_change_the_colors():
    bits, nats = score("a", [4.5]), score("a", [4.5 * 0.6931], unit="nats")
    assert drawn(HeatMap(bits)) == drawn(HeatMap(nats))


def test_line_ends_and_the_end_token_are_marked():
    assert shown(drawn(HeatMap(score("a\nb", [1, 1, 1, 1], eos=True)))) == ["a⏎", "b¶"]


def test_a_line_end_outside_tokens_has_no_mark():
    assert shown(drawn(HeatMap(score("a\nb", [1, 1], [(0, 1), (2, 3)])))) == ["a", "b"]


def test_control_characters_are_sanitized():
    assert shown(drawn(HeatMap(score("\x1b[2J\r", [5.0] * 5)))) == ["␛[2J␍"]


def test_a_tab_extends_to_the_next_stop():
    assert shown(drawn(HeatMap(score("a\tb", [0, 0, 0])))) == ["a       b"]


@pytest.mark.parametrize("width", [10, 11, 20, 40])
def test_wide_characters_keep_their_columns_at_every_width(width):
    text = "한국어 text 日本語 e\u0301 " * 3
    output = drawn(HeatMap(score(text, [3.0] * len(text))), width=width)
    rows = shown(output, columns=width)
    assert "".join("".join(rows).split()) == normalize("NFC", "".join(text.split()))
    assert len(rows) == output.count("\n")  # the terminal had nothing to wrap


def test_lines_break_after_spaces_or_inside_long_words():
    text = "aaaa bbbb cccccccccccccc"
    rows = shown(drawn(HeatMap(score(text, [0] * len(text))), width=10), columns=10)
    assert rows == ["aaaa bbbb", "cccccccccc", "cccc"]


def test_a_single_column_holds_a_wide_character_a_line():
    assert drawn(HeatMap(score("한국", [1.0, 1.0])), width=1).count("\n") == 2


def test_the_legend_is_in_the_unit_of_the_score():
    labels = [label for label, _ in SurprisalScale("bits").legend()]
    assert labels == ["<1", "1–2", "2–4", "4–8", "8–12", "12+"]
    assert SurprisalScale("log10").legend()[0] == ("<0.3", 0)
    assert shown(drawn(Legend("bits"), width=80)) == [
        "surprisal  <1  1–2  2–4  4–8  8–12  12+  bits"
    ]


def test_levels_begin_at_their_boundaries():
    assert [level(bits) for bits in (0, 0.99, 1, 2, 4, 8, 12, 100)] == [0, 0, 1, 2, 3, 4, 5, 5]


def ranked(*ranks):
    record = score("abcdefgh"[: len(ranks)], [1.0] * len(ranks))
    tokens = [replace(token, rank=rank) for token, rank in zip(record.tokens, ranks, strict=True)]
    return replace(record, tokens=tuple(tokens))


def test_ranks_are_colored_by_the_buckets_of_gltr():
    record = ranked(1, 2, 10, 11, 100, 101, 1000, 1001)
    assert [RankScale().level(segment) for segment in segments(record)] == [0, 1, 1, 3, 3, 4, 4, 5]
    by_rank = drawn(HeatMap(ranked(1, 2, 11), "rank"))
    assert by_rank == drawn(HeatMap(score("abc", [0.5, 1.5, 4.0])))
    assert shown(drawn(Legend("bits", "rank"), width=80)) == [
        "rank  1  2–10  11–100  101–1,000  1,001+  of all tokens"
    ]


def test_a_segment_of_several_tokens_has_their_highest_rank():
    record = ranked(3, 1)
    word = group(record, "word", [(0, 2)])
    assert [RankScale().level(segment) for segment in segments(word)] == [1]


def test_without_styles_the_digits_are_ranks():
    plain = {"force_terminal": False, "color_system": None}
    assert drawn(HeatMap(ranked(1, 7, 300), "rank"), **plain) == "abc\n179\n"
    assert drawn(Legend("bits", "rank"), width=80, **plain).startswith("digits: rank")


def test_every_level_has_enough_contrast():
    for text, background in filter(None, COLORS):
        light, dark = sorted((luminance(text), luminance(background)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG AA


def test_levels_differ_in_luminance_and_in_sixteen_colors():
    backgrounds = [pair[1] for pair in COLORS if pair]
    assert sorted(backgrounds, key=luminance) == backgrounds
    sixteen = [Color.parse(b).downgrade(ColorSystem.STANDARD).number for b in backgrounds]
    assert len(set(sixteen)) == len(backgrounds)


def test_maps_are_separated_and_the_legend_comes_last(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    Screen(stdout=terminal).show([score("ab", [1.0, 1.0]), score("c", [3.0])], "heat")
    lines = [line.rstrip() for line in screen_of(terminal.getvalue(), 100).display]
    assert [line[:4] for line in lines[:7]] == ["ab", "2.00", "", "c", "3.00", "surp", ""]


def test_without_scores_there_is_no_legend():
    terminal = Terminal()
    Screen(stdout=terminal).show([], "heat")
    assert terminal.getvalue() == ""
