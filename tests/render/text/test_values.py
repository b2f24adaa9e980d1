"""Texts colored by values from -1 to 1."""

from io import StringIO

import pytest
from rich.console import Console

from rnnrepl.render import Screen
from rnnrepl.render.text.values import BOUNDARIES, COLORS, ValueLegend, ValueMap, ValuePart
from rnnrepl.results.inspection import Activations, Place
from tests.render.text.test_heatmap import drawn, luminance
from tests.render.text.test_html import Page, written

VALUES = (-1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0)


def parts(values=VALUES):
    return [ValuePart(k, k + 1, value, str(value)) for k, value in enumerate(values)]


def record(text, values, signal="h"):
    tokens = tuple(Place(char, k, k + 1) for k, char in enumerate(text))
    return Activations(text, "tiny", signal, tokens, {"1:2": tuple(values)})


def test_each_level_has_its_color_and_zero_has_none():
    text = drawn(ValueMap("abcdefg", parts()))
    assert text.count("\x1b[38") == 6 and "d\x1b" in text


def test_levels_grow_darker_towards_both_ends_and_stay_readable():
    lights = [luminance(pair[1]) if pair else 1.0 for pair in COLORS]
    assert lights[:4] == sorted(lights[:4]) and lights[3:] == sorted(lights[3:], reverse=True)
    for foreground, background in filter(None, COLORS):
        pair = sorted([luminance(foreground), luminance(background)])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) > 4.5
    assert [-b for b in BOUNDARIES[::-1]] == list(BOUNDARIES)


def test_without_colors_both_ends_have_attributes_of_their_own():
    text = drawn(ValueMap("abcdefg", parts()), no_color=True)
    assert text == ("\x1b[1;4ma\x1b[0m\x1b[4mb\x1b[0mcde\x1b[7mf\x1b[0m\x1b[1;7mg\x1b[0m\n")


def test_without_styles_marks_are_below_the_text():
    console = Console(file=StringIO(), width=40, color_system=None)
    console.print(ValueMap("abcdefg", parts()))
    console.print(ValueLegend("-1", "1"))
    assert console.file.getvalue() == "abcdefg\n=-   +#\nmarks: = - -1, + # 1\n"


def test_activations_are_a_map_a_unit_and_a_legend():
    stdout = StringIO()
    Screen(stdout=stdout).show([record("abc", [-0.9, 0.0, 0.9])], "heat")
    assert stdout.getvalue() == ("1:2 h, from -0.900 to 0.900\nabc\n= #\nmarks: = - -1, + # 1\n")


@pytest.mark.parametrize(
    ("signal", "values", "marks"),
    [("c", [-3, 0.2, 3], "= #"), ("f", [0.01, 0.5, 0.99], "= #"), ("h", [0, 5, 10], " +#")],
)
def test_cells_gates_and_unbounded_outputs_are_scaled(signal, values, marks):
    stdout = StringIO()
    Screen(stdout=stdout).show([record("abc", values, signal)], "heat")
    assert stdout.getvalue().splitlines()[2] == marks


def test_html_has_the_values_on_hover_and_escapes_the_text():
    page = Page(written("html", record("<b\n", [-0.9, 0.25, 0.9])))
    assert page.text == "\n<b⏎\n"
    assert page.titles == ["<: -0.9000", "b: 0.2500", "⏎: 0.9000"]
    assert "<script" not in written("html", record("<script>", [0.0] * 8))


def test_a_character_of_several_tokens_has_the_value_after_the_last():
    tokens = (Place("한", 0, 1), Place("한", 0, 1))
    page = Page(written("html", Activations("한", "tiny", "h", tokens, {"0:0": (0.0, 1.0)})))
    assert page.titles == ["한: 0.0000\n한: 1.0000"]
    assert 'class="v6"' in written("html", Activations("한", "m", "h", tokens, {"0:0": (0.0, 1.0)}))


def test_a_table_has_a_column_a_unit_and_tsv_a_row_a_value():
    assert written("table", record("ab", [-0.9, 0.25])).splitlines() == [
        "t  token    1:2 h",
        "1  a      -0.9000",
        "2  b       0.2500",
    ]
    assert written("tsv", record("ab", [-0.9, 0.25])).splitlines() == [
        "token_id\ttoken\tstart\tend\tunit\tsignal\tvalue\tmodel",
        "1\ta\t0\t1\t1:2\th\t-0.9\ttiny",
        "2\tb\t1\t2\t1:2\th\t0.25\ttiny",
    ]
