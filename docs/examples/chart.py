"""Draws a table of numbers as a figure in SVG, with the library matplotlib.

    python chart.py FIGURE [TABLE] [--y TEXT] [--log] [--diagonal TEXT]

TABLE, or standard input, has columns that are separated by tabs. Its first row is the name of the x
axis and its values; each other row has a name and its values, and is a line, or bars where x has
words. A single value is a horizontal line. A row `#` has notes for the values of the row before.
"""

import argparse
import sys
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

COLORS, MARKERS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"), "os^Dv"
# Text stays text, and a table always gives the same file.
STYLE: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "chart", "legend.frameon": False}
STYLE |= {"font.family": "sans-serif", "axes.spines.top": False, "axes.spines.right": False}
STYLE |= {f"figure.constrained_layout.{side}_pad": 0.1 for side in "wh"}
NOTE: dict[str, Any] = {"xytext": (8, -12), "textcoords": "offset points"}
NOTE |= {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}


def draw(table: str, y: str = "", log: bool = False, diagonal: str = "") -> bytes:
    """The figure: `y` names the other axis, and `diagonal` the line y = x, if it is wanted."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        sys.exit("Drawing needs the library matplotlib: `pip install matplotlib` installs it.")
    (axis, *x), *rows = (line.split("\t") for line in table.splitlines())
    notes = {row[0]: after[1:] for row, after in pairwise(rows) if after[0] == "#"}
    series = {name: cells for name, *cells in rows if name != "#"}
    bars = not all(cell.replace(".", "", 1).isdecimal() for cell in x)
    image = BytesIO()
    with rc_context(STYLE):
        figure = Figure(figsize=(5.5, 4.5) if diagonal else (7, 3.6), layout="constrained")
        axes = figure.add_subplot(xlabel=y if bars else axis, ylabel=axis if bars else y)
        if diagonal:
            axes.plot((0, 1), (0, 1), "--", color="gray", label=diagonal)
        for n, (name, cells) in enumerate(series.items()):
            values = [float(cell) for cell in cells]
            style: dict[str, Any] = {"color": COLORS[n % len(COLORS)], "label": name}
            if bars:
                height = 0.8 / len(series)
                places = [place - 0.4 + (n + 0.5) * height for place in range(len(x))]
                drawn = axes.barh(places, values, height, **style)
                axes.bar_label(drawn, notes.get(name, cells), padding=4)
            elif len(values) == 1:
                axes.axhline(values[0], linestyle="--", **style)
            else:
                points = list(zip(map(float, x), values, strict=True))
                axes.plot(*zip(*points, strict=True), marker=MARKERS[n % len(MARKERS)], **style)
                for point, note in zip(points, notes.get(name, ()), strict=False):
                    axes.annotate(note, point, **NOTE)
        if bars:
            axes.set_yticks(range(len(x)), x)
            axes.invert_yaxis()
        if log:
            axes.set_xscale("log")
            axes.set_xticks([float(cell) for cell in x], x)
            axes.minorticks_off()
        if len(series) > 1 or diagonal:
            axes.legend()
        figure.savefig(image, format="svg", metadata={"Date": None, "Creator": None})
    return image.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("figure", type=Path)
    parser.add_argument("table", type=argparse.FileType(encoding="utf-8"), nargs="?", default="-")
    parser.add_argument("--y", default="")
    parser.add_argument("--log", action="store_true")
    parser.add_argument("--diagonal", default="")
    given = parser.parse_args()
    given.figure.write_bytes(draw(given.table.read(), given.y, given.log, given.diagonal))
