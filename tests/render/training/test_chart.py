"""Loss curves on a terminal."""

from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.render.training.chart import LEFT, ceiling
from rnnrepl.results.runs import Curve


def curve(what="train", run="moby", points=((4, 4.0), (60, 3.0), (120, 2.0)), x="seconds"):
    return Curve(run, what, x, "bits", points)


def drawn(*curves, color="never"):
    screen = Screen(color, StringIO(), StringIO())
    screen.show(curves, "chart")
    return screen.stdout.getvalue().splitlines()


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_a_falling_loss_goes_from_upper_left_to_lower_right():
    lines = drawn(curve())
    rows = [line[LEFT:] for line in lines[:16] if line[LEFT:]]
    assert not rows[0].startswith("     ") and len(rows[0]) < 10
    assert rows[-1].startswith(" " * 60) and len(rows[-1]) >= 70


def test_axes_have_labels_and_the_legend_has_the_last_value():
    lines = drawn(curve())
    assert [label for label in ("2.0", "3.0", "4.0") if any(f"{label} ┤" in line for line in lines)]
    assert "0:00" in lines[17] and "1:00" in lines[17]
    assert lines[18] == "       ─ train · 2.000 bits/token"


@pytest.mark.parametrize("x", ["steps", "tokens"])
def test_an_x_axis_other_than_time_is_named(x):
    lines = drawn(curve(points=((2_000, 4.0), (50_000, 2.0)), x=x))
    assert lines[17].endswith(x) and "20.0 k" in lines[17]


def test_without_colors_each_further_curve_has_a_letter():
    lines = drawn(curve(), curve("validation", points=((4, 4.5), (120, 2.5))))
    assert sum(line.count("a") for line in lines[:16]) == 2
    assert lines[19] == "       a validation · 2.500 bits/token"
    assert not any("\x1b" in line for line in lines)


def test_each_curve_has_its_own_color():
    text = "\n".join(drawn(curve(), curve("validation"), color="always"))
    assert "\x1b[36m" in text and "\x1b[33m─" in text


def test_the_names_of_several_runs_are_shown_and_sanitized():
    lines = drawn(curve(), curve(run="\x1b[2Jx"))
    assert lines[18].startswith("       ─ moby train") and "␛[2Jx train" in lines[19]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_chart_is_as_wide_as_the_terminal(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = drawn(curve(), curve("validation"))
    assert max(map(len, lines)) == width and len(lines) == 20


def test_a_constant_loss_is_a_horizontal_line():
    lines = drawn(curve(points=((0, 2.0), (9, 2.0))))
    assert [len(set(line[LEFT:])) for line in lines[:16] if line[LEFT:]] == [1]


def test_the_first_steps_do_not_extend_the_y_axis():
    assert ceiling([curve(points=((1, 9.0), (50, 3.0), (100, 2.0)))]) == 3.0
