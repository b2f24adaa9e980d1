"""Charts of braille dots: loss curves, as wide as the terminal, and gates."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, groupby, pairwise
from math import ceil, floor, log10
from operator import itemgetter

from plotille import Canvas
from rich.text import Text

from rnnrepl.render.numbers import amount, duration
from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.text.gates import draw_gates
from rnnrepl.results.fields import Axis
from rnnrepl.results.inspection import GateSaturation
from rnnrepl.results.runs import Curve

HEIGHT = 16  # rows
LEFT = 8  # cells for the labels of the y axis
EARLY = 0.03  # part of the x axis that does not count for the range of the y axis
COLORS = ("cyan", "yellow", "magenta", "green", "red", "blue")
BLANK = "\u2800"  # the empty braille pattern; the lower bits of a pattern are its dots
MARKS = "abcdefghijklmnopqrstuvwxyz"
CLOCK = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)

Cell = tuple[str, int]  # the character, and the number of the topmost curve


def draw_chart(records: Iterable[object], output: Output) -> None:
    """Draws consecutive records of one kind in one chart."""
    for kind, group in groupby(records, type):
        _DRAW[kind](group, output)


def _draw_curves(records: Iterable[object], output: Output) -> None:
    """Draws all curves in one chart, with a legend below.

    Without colors the first curve is a line, and the points of each other curve are letters.
    """
    curves = [record for record in records if isinstance(record, Curve)]
    colored = output.colored(output.stdout)
    marks = [None] * len(curves) if colored else [None, *_marks(len(curves) - 1)]
    bounds = _bounds(curves)
    canvases = [Canvas(max(output.width - LEFT, 8), HEIGHT, *bounds) for _ in curves]
    for canvas, curve, mark in zip(canvases, curves, marks, strict=True):
        _draw(canvas, curve, mark)
    labels, console = _row_labels(canvases[0]), output.console()
    for row, cells in enumerate(_overlay(canvases)):
        line = Text(f"{labels.get(row, ''):>{LEFT - 2}} ┤")
        for number, part in groupby(cells, itemgetter(1)):
            line.append("".join(character for character, _ in part), _color(number))
        line.rstrip()
        console.print(line, soft_wrap=True)
    console.print(" " * (LEFT - 1) + "└" + "─" * canvases[0].width, soft_wrap=True)
    console.print(_column_labels(canvases[0], curves[0].x), soft_wrap=True)
    for line in _legend(curves, marks):
        console.print(line, soft_wrap=True)


_DRAW: dict[type, Callable[[Iterable[object], Output], None]] = {
    Curve: _draw_curves,
    GateSaturation: draw_gates,
}


def ceiling(curves: Iterable[Curve]) -> float:
    """The top of the y axis: the highest loss after the first steps of a run."""
    points = [point for curve in curves for point in curve.points]
    late = max(x for x, _ in points) * EARLY
    return max(y for x, y in points if x >= late)


def _marks(number: int) -> list[str]:
    return [*MARKS, *["*"] * number][:number]


def _color(number: int) -> str:
    return COLORS[number % len(COLORS)]


def _bounds(curves: Sequence[Curve]) -> tuple[float, float, float, float]:
    """xmin, ymin, xmax, ymax; with a margin above and below, and never an empty range."""
    low, high = min(y for curve in curves for _, y in curve.points), ceiling(curves)
    margin = (high - low) / 30 or 0.5
    right = max(x for curve in curves for x, _ in curve.points)
    return 0.0, low - margin, right, high + margin


def _draw(canvas: Canvas, curve: Curve, mark: str | None) -> None:
    inside = [(min(x, canvas.xmax_inside), y) for x, y in curve.points]
    if mark:
        for x, y in inside:
            canvas.point(x, y, marker=mark)
    else:
        for (x0, y0), (x1, y1) in pairwise(inside):
            canvas.line(x0, y0, x1, y1)


def _overlay(canvases: Sequence[Canvas]) -> Iterator[list[Cell]]:
    """The cells of each row: the dots of all curves, or the last letter."""
    drawn = [canvas.plot("\n").split("\n") for canvas in canvases]
    for rows in zip(*drawn, strict=True):
        yield [_cell(characters) for characters in zip(*rows, strict=True)]


def _cell(characters: Sequence[str]) -> Cell:
    merged, top = " ", 0
    for number, character in enumerate(characters):
        if character != BLANK:
            both = character >= BLANK and merged >= BLANK
            merged, top = chr(ord(character) | ord(merged)) if both else character, number
    return merged, top


def _legend(curves: Sequence[Curve], marks: Sequence[str | None]) -> Iterator[Text]:
    several = len({curve.run for curve in curves}) > 1
    for number, (curve, mark) in enumerate(zip(curves, marks, strict=True)):
        name = sanitize(f"{curve.run} {curve.what}" if several else curve.what, keep="")
        last = f" {name} · {curve.points[-1][1]:.3f} {curve.unit}/{curve.per}"
        yield Text.assemble(" " * (LEFT - 1), (mark or "─", _color(number)), last)


def _row_labels(canvas: Canvas) -> dict[int, str]:
    """The labels of the y axis, by row from the top."""
    low, high = canvas.ymin, canvas.ymax
    step = _round_step((high - low) / 6)
    decimals = max(0, ceil(-log10(step) - 1e-9))
    row = (high - low) / HEIGHT
    return {
        HEIGHT - 1 - floor((y - low) / row): f"{y:.{decimals}f}" for y in _ticks(low, high, step)
    }


def _column_labels(canvas: Canvas, x: Axis) -> str:
    """The labels of the x axis, as many as fit, and its name."""
    left, right = canvas.xmin, canvas.xmax
    least = (right - left) / max(canvas.width // 12, 1)
    step = next((s for s in CLOCK if s >= least), 0) if x == "seconds" else 0
    line = ""
    for place in _ticks(left, right, step or _round_step(least)):
        label = duration(place) if x == "seconds" else amount(round(place))
        at = LEFT + round((place - left) / (right - left) * (canvas.width - 1)) - len(label) // 2
        if len(line) < at and at + len(label) <= LEFT + canvas.width - len(x) - 1:
            line = line.ljust(at) + label
    name = "" if x == "seconds" else x
    return f"{line.ljust(LEFT + canvas.width - len(name))}{name}".rstrip()


def _ticks(low: float, high: float, step: float) -> Iterator[float]:
    for number in count(ceil(low / step - 1e-9)):
        if number * step > high:
            return
        yield number * step


def _round_step(least: float) -> float:
    """The smallest number of the form 1, 2 or 5 times a power of ten that is not below `least`."""
    power: float = 10.0 ** floor(log10(least))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least * (1 - 1e-9))
